# The .cu files contain raw-pointer kernels without Torch headers. They are compiled wherever nvcc is found, so that a machine
# without a GPU still checks them; they are linked only into a CUDA build (RPP_CUDA).

find_program(RPP_NVCC nvcc PATHS /usr/local/cuda/bin)
if(RPP_CUDA AND NOT RPP_NVCC)
  message(FATAL_ERROR "RPP_CUDA needs nvcc: install the CUDA toolkit or put nvcc on PATH")
endif()
if(RPP_CUDA)
  find_package(CUDAToolkit REQUIRED)  # the runtime and its headers, which c10/cuda includes
endif()
set(RPP_CUDA_ARCHITECTURES "80;90" CACHE STRING "Compute capabilities the kernels are built for")

function(rpp_add_cuda_sources name)
  if(NOT RPP_NVCC)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cu)
  if(NOT sources)
    return()
  endif()
  set(arch_flags)
  foreach(arch ${RPP_CUDA_ARCHITECTURES})
    list(APPEND arch_flags -gencode arch=compute_${arch},code=sm_${arch})
  endforeach()
  set(objects)
  foreach(source ${sources})
    get_filename_component(stem ${source} NAME)
    set(object ${CMAKE_BINARY_DIR}/cuda/${name}/${stem}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/cuda/${name}
      COMMAND ${RPP_NVCC} -std=c++20 -O3 --expt-relaxed-constexpr ${arch_flags} -Xcompiler -fPIC
              -I${PROJECT_SOURCE_DIR}/include -I${PROJECT_SOURCE_DIR}/src -MD -MF ${object}.d -c ${source} -o ${object}
      DEPENDS ${source} DEPFILE ${object}.d
      COMMENT "nvcc ${name}/${stem}" VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  add_custom_target(rpp_${name}_cuda ALL DEPENDS ${objects})
  if(RPP_CUDA)
    target_sources(rpp_${name} PRIVATE ${objects})
    target_link_libraries(rpp_${name} PUBLIC CUDA::cudart)
  endif()
endfunction()
