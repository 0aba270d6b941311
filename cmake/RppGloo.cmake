# rpp_use_gloo(): several ranks, where the headers of Gloo are installed.
#   LibTorch exports Gloo itself, in a version that fits the headers of Debian's libgloo-dev. Debian's library is never linked:
#   its symbols would clash. tests/dist/communicator_test.cpp has two processes that talk.

find_path(RPP_GLOO_INCLUDE_DIR gloo/context.h)

function(rpp_use_gloo)
  if(NOT RPP_GLOO_INCLUDE_DIR)
    message(STATUS "Gloo's headers are missing (libgloo-dev): this build trains with one process only")
    return()
  endif()
  target_include_directories(rpp_dist SYSTEM PRIVATE ${RPP_GLOO_INCLUDE_DIR})
  set_source_files_properties(src/dist/gloo_communicator.cpp tests/dist/communicator_test.cpp PROPERTIES
    COMPILE_DEFINITIONS RPP_GLOO)
endfunction()
