// What the rest of the addon knows of runs with several ranks. distributed.cc, groups.cc and reducer.cc are behind it, or,
// without Gloo's headers, distributed_absent.cc.
#pragma once

#include <string>

namespace paramwise {

// Why an exchange between ranks failed, of which `said` may have come, after at most some seconds; empty where none did.
std::string explain_failed_exchange(const std::string& said);

// When the thread's JavaScript ends.
void forget_groups();

}  // namespace paramwise
