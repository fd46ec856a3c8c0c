// Memory of CPU tensors.
#pragma once

namespace paramwise {

// Makes libtorch take the memory of large CPU tensors from a pool (memory.cc). Once a process; later calls do nothing.
void install_memory_pool();

}  // namespace paramwise
