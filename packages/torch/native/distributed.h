// What the rest of the addon knows of runs with several ranks. distributed.cc, groups.cc and reducer.cc are behind it, or,
// without Gloo's headers, distributed_absent.cc.
#pragma once

#include <string>

namespace paramwise {

// Why an exchange between ranks that has just failed did so, after at most some seconds; empty where none did.
std::string explain_failed_exchange();

// When the thread's JavaScript ends.
void forget_groups();

}  // namespace paramwise
