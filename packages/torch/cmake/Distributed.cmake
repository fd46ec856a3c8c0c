# Exchanges between ranks need c10d, which is in libtorch, and Gloo's headers, which are not: on Debian they are in
# libgloo-dev. Without them the addon is built all the same, and every call of theirs refuses with what to install.
option(PARAMWISE_DISTRIBUTED "Build exchanges between ranks where Gloo's headers are found" ON)

set(_c10d torch/csrc/distributed/c10d)
find_path(GLOO_INCLUDE_DIR gloo/transport/device.h PATHS ${Libtorch_INCLUDE_DIR} /usr/include /usr/local/include
  NO_DEFAULT_PATH)
find_file(C10D_GLOO_HEADER ${_c10d}/ProcessGroupGloo.hpp PATHS ${Libtorch_INCLUDE_DIR} NO_DEFAULT_PATH)

# What refuses, an object of its own so that analysers see it in any case.
add_library(without_gloo OBJECT EXCLUDE_FROM_ALL native/distributed_absent.cc)
target_include_directories(without_gloo PRIVATE ${CMAKE_JS_INC} native)
target_compile_definitions(without_gloo PRIVATE NAPI_VERSION=8)
target_link_libraries(without_gloo PRIVATE Libtorch::Libtorch)
target_compile_options(without_gloo PRIVATE -Wall -Wextra -Wno-unused-parameter)
set_target_properties(without_gloo PROPERTIES POSITION_INDEPENDENT_CODE ON)

if(PARAMWISE_DISTRIBUTED AND GLOO_INCLUDE_DIR AND C10D_GLOO_HEADER)
  target_sources(${PROJECT_NAME} PRIVATE
    native/distributed.cc native/groups.cc native/monitor.cc native/reducer.cc)
  # The headers hide Gloo behind it; libtorch's own build sets it.
  set_source_files_properties(native/distributed.cc native/groups.cc native/reducer.cc PROPERTIES
    COMPILE_DEFINITIONS USE_C10D_GLOO)
  target_include_directories(${PROJECT_NAME} PRIVATE ${GLOO_INCLUDE_DIR})
  if(NOT EXISTS "${Libtorch_INCLUDE_DIR}/torch/csrc/distributed/autograd/context/context.h")
    target_include_directories(${PROJECT_NAME} PRIVATE native/stand-ins)
  endif()
  message(STATUS "Gloo: ${GLOO_INCLUDE_DIR}")
else()
  target_sources(${PROJECT_NAME} PRIVATE $<TARGET_OBJECTS:without_gloo>)
  message(STATUS "Gloo: not found, so ranks cannot exchange anything (Debian: libgloo-dev)")
endif()
