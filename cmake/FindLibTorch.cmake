# LibTorch::LibTorch from a Python wheel's torch folder: -DLibTorch_ROOT=..., or the one in .venv. The wheel's own
# TorchConfig.cmake requires a whole CUDA toolkit even on a machine without a GPU.

if(NOT LibTorch_ROOT)
  file(GLOB candidates ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
  list(GET candidates 0 LibTorch_ROOT)
endif()
find_path(LibTorch_INCLUDE_DIR torch/torch.h PATHS ${LibTorch_ROOT}/include/torch/csrc/api/include NO_DEFAULT_PATH)
find_library(LibTorch_CPU_LIBRARY torch_cpu PATHS ${LibTorch_ROOT}/lib NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY c10 PATHS ${LibTorch_ROOT}/lib NO_DEFAULT_PATH)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run scripts/setup.sh, or pass -DLibTorch_ROOT=<site-packages>/torch")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  file(STRINGS ${LibTorch_ROOT}/version.py version_line REGEX "__version__")
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" LibTorch_VERSION "${version_line}")
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  # -idirafter: Torch bundles its own fmt, which must not shadow the system's.
  target_compile_options(LibTorch::LibTorch INTERFACE
    "SHELL:-idirafter ${LibTorch_ROOT}/include"
    "SHELL:-idirafter ${LibTorch_ROOT}/include/torch/csrc/api/include")
  # at::parallel_for is a template: without OpenMP it would run on one thread. At run time the wheel's own libgomp is used.
  target_compile_options(LibTorch::LibTorch INTERFACE -fopenmp)
  target_link_options(LibTorch::LibTorch INTERFACE -fopenmp)
  target_compile_definitions(LibTorch::LibTorch INTERFACE RPP_LIBTORCH_VERSION="${LibTorch_VERSION}")
  target_link_directories(LibTorch::LibTorch INTERFACE ${LibTorch_ROOT}/lib)
  target_link_options(LibTorch::LibTorch INTERFACE "LINKER:-rpath,${LibTorch_ROOT}/lib")
  if(RPP_CUDA)
    target_link_libraries(LibTorch::LibTorch INTERFACE -Wl,--no-as-needed torch_cuda c10_cuda -Wl,--as-needed)
    target_compile_definitions(LibTorch::LibTorch INTERFACE RPP_CUDA)
  endif()
  target_link_libraries(LibTorch::LibTorch INTERFACE ${LibTorch_CPU_LIBRARY} ${LibTorch_C10_LIBRARY})
  # The wheel's libtorch_cpu.so finds libcudart and libcupti by its own run path.
  target_link_options(LibTorch::LibTorch INTERFACE LINKER:--allow-shlib-undefined)
endif()
