# Finds libtorch by its files alone, and links it by path.
#
# Torch's own TorchConfig.cmake also looks for what libtorch itself was built with: for a CUDA build that is the CUDA
# toolkit, which nothing here compiles against.
#
# LIBTORCH (environment): where it lies; an unpacked libtorch, or the folder `torch` of an installed Python package.
# Without it the system's folders are searched.
#
#   Libtorch::Libtorch  what to link
#   Libtorch_PREFIX     where it was found
#   Libtorch_VERSION    such as 2.6.0
#   Libtorch_OPENMP     the OpenMP library that it brings, or nothing

if(NOT "$ENV{LIBTORCH}" STREQUAL "")
  set(_places "$ENV{LIBTORCH}")
else()
  set(_places /usr /usr/local /opt/libtorch)
endif()

find_path(Libtorch_INCLUDE_DIR ATen/ATen.h PATHS ${_places} PATH_SUFFIXES include NO_DEFAULT_PATH)
get_filename_component(Libtorch_PREFIX "${Libtorch_INCLUDE_DIR}" DIRECTORY)
foreach(_name c10 torch_cpu torch c10_cuda torch_cuda)
  find_library(Libtorch_${_name}_LIBRARY ${_name} PATHS ${Libtorch_PREFIX}
    PATH_SUFFIXES lib lib/${CMAKE_LIBRARY_ARCHITECTURE} NO_DEFAULT_PATH)
  mark_as_advanced(Libtorch_${_name}_LIBRARY)
  if(Libtorch_${_name}_LIBRARY)
    list(APPEND _libraries "${Libtorch_${_name}_LIBRARY}")
  endif()
endforeach()

set(_api "${Libtorch_INCLUDE_DIR}/torch/csrc/api/include")
# From 2.8 on the numbers stand in the second.
foreach(_header "${_api}/torch/version.h" "${Libtorch_INCLUDE_DIR}/torch/headeronly/version.h")
  if(EXISTS "${_header}")
    file(STRINGS "${_header}" _lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
    if(_lines)
      string(REGEX REPLACE "[^0-9;]" "" _lines "${_lines}")
      string(REPLACE ";" "." Libtorch_VERSION "${_lines}")
    endif()
  endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libtorch
  REQUIRED_VARS Libtorch_torch_cpu_LIBRARY Libtorch_torch_LIBRARY Libtorch_c10_LIBRARY Libtorch_INCLUDE_DIR
  VERSION_VAR Libtorch_VERSION)

if(Libtorch_FOUND AND NOT TARGET Libtorch::Libtorch)
  # std::string has two layouts in libstdc++; a name in the library's symbols says which of them it was built with.
  file(STRINGS "${Libtorch_c10_LIBRARY}" _new_strings REGEX "torchCheckFail.*__cxx11" LIMIT_COUNT 1)
  if(_new_strings)
    set(_abi 1)
  else()
    set(_abi 0)
  endif()
  get_filename_component(_folder "${Libtorch_torch_cpu_LIBRARY}" DIRECTORY)
  # Beside the libraries, or, from auditwheel, in a folder beside the package.
  file(GLOB Libtorch_OPENMP "${_folder}/libgomp*.so*" "${Libtorch_PREFIX}.libs/libgomp*.so*")
  if(Libtorch_PREFIX STREQUAL "/usr")
    set(Libtorch_OPENMP "")
  endif()
  add_library(Libtorch::Libtorch INTERFACE IMPORTED)
  set_target_properties(Libtorch::Libtorch PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${Libtorch_INCLUDE_DIR};${_api}"
    INTERFACE_COMPILE_DEFINITIONS "_GLIBCXX_USE_CXX11_ABI=${_abi}"
    INTERFACE_LINK_LIBRARIES "${_libraries}"
    # Nothing of torch_cuda is called by name: its kernels register themselves when it is loaded.
    INTERFACE_LINK_OPTIONS "LINKER:--no-as-needed")
  message(STATUS "libtorch: ${Libtorch_VERSION} under ${Libtorch_PREFIX}, _GLIBCXX_USE_CXX11_ABI=${_abi}")
endif()
