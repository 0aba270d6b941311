# rpp_module(name [TORCH] DEPENDS modules... LIBS libraries... TEST_DEPENDS modules... TEST_LIBS libraries...)
#   one static library rpp_<name> of src/<name>/*.cpp, and one test binary of tests/<name>/*_test.cpp. Only a TORCH
#   module sees LibTorch's headers. With RPP_UNITY the files of a module are compiled a dozen at a time.
# rpp_tool(name DEPENDS modules... BESIDE tool)
#   the program rpp-<name> of tools/rpp_<name>.cpp, and the test tests/tools/rpp_<name>_test.sh that runs it, if
#   the tool BESIDE, which the test needs, is built too.
# rpp_script_test(name [program])
#   the test tests/tools/<name>_test.sh of scripts/<name>; its argument is the path of the program, with
#   the other programs beside it.
# rpp_cuda_emulation_tests()
#   the CUDA kernels of src/ops/*.cu as C++ (tests/cuda_emulation/cuda_runtime.h), compared with the loops of
#   src/ops/*_kernel.cpp: without Torch, GPU or nvcc.
# rpp_fuzz_target(name seconds DEPENDS modules...)
#   the program <name>_fuzz of tests/fuzz/, and the test fuzz.<name> that mutates the files of
#   tests/fuzz/corpus/<name> for that many seconds. With RPP_LIBFUZZER Clang's libFuzzer drives it.
# rpp_damage_target(name DEPENDS modules...)
#   the program <name>_damage of tests/fuzz/, which scripts/campaign.sh calls: it reads truncated and bit-flipped
#   files of each of its formats.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")

find_program(CCACHE ccache)
if(CCACHE)
  # The precompiled header changes only its timestamp, not its contents. Paths are relative to the project, and the language
  # of messages does not count, so that clones and a bare root share what one of them has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime,locale ${CCACHE})
endif()

if(RPP_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(RPP_LIBFUZZER)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# A designated initialiser leaves the other fields at their defaults on purpose.
function(rpp_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Werror -Wno-missing-field-initializers)
endfunction()

# rpp_precompiled(target pch header OPTIONS options... LIBS libraries...): target includes `header`, which the object
# library `pch` compiles once for all targets that name it. They need the options with which it was compiled.
function(rpp_precompiled target pch header)
  cmake_parse_arguments(ARG "" "" "OPTIONS;LIBS" ${ARGN})
  # -fPIC also in programs, where CMake uses -fPIE: a precompiled header works with one setting only.
  list(APPEND ARG_OPTIONS -fpch-preprocess -fPIC)
  if(NOT TARGET ${pch})
    file(WRITE ${CMAKE_BINARY_DIR}/${pch}.cpp "// carries the precompiled header\n")
    add_library(${pch} OBJECT ${CMAKE_BINARY_DIR}/${pch}.cpp)
    target_include_directories(${pch} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${pch} PUBLIC ${ARG_LIBS})
    rpp_warnings(${pch})
    target_compile_options(${pch} PRIVATE ${ARG_OPTIONS})
    target_precompile_headers(${pch} PRIVATE ${PROJECT_SOURCE_DIR}/${header})
  endif()
  target_compile_options(${target} PRIVATE ${ARG_OPTIONS})
  target_precompile_headers(${target} REUSE_FROM ${pch})
endfunction()

# One precompiled ops/torch.h serves every Torch file: 20 s once instead of 15 s in each.
function(rpp_use_torch target)
  target_link_libraries(${target} PUBLIC LibTorch::LibTorch)
  rpp_precompiled(${target} rpp_torch_pch src/ops/torch.h LIBS LibTorch::LibTorch)
endfunction()

# ctest starts the tests of programs and scripts first: one that takes minutes would end alone on its processor.
set(long_test 100)

# *_kernel.cpp are plain-pointer loops without Torch: they need no precompiled header. A square root that may set errno
# prevents vectorisation. An optimizer step gives the same bits with every instruction set, which contracted multiply-adds
# would prevent.
file(GLOB kernel_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*/*_kernel.cpp)
set_source_files_properties(${kernel_sources} PROPERTIES SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON
  COMPILE_OPTIONS "-fno-math-errno;-fno-trapping-math")
set_property(SOURCE ${PROJECT_SOURCE_DIR}/src/ops/adamw_kernel.cpp
  APPEND PROPERTY COMPILE_OPTIONS -ffp-contract=off)

function(rpp_module name)
  cmake_parse_arguments(ARG "TORCH" "" "DEPENDS;LIBS;TEST_DEPENDS;TEST_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  set(target rpp_${name})
  list(TRANSFORM ARG_DEPENDS PREPEND rpp_)
  list(TRANSFORM ARG_TEST_DEPENDS PREPEND rpp_)
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC ${ARG_DEPENDS} ${ARG_LIBS})
  rpp_warnings(${target})
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${RPP_UNITY} UNITY_BUILD_BATCH_SIZE 12)
  if(ARG_TORCH)
    rpp_use_torch(${target})
    if(COMMAND rpp_add_cuda_sources)
      rpp_add_cuda_sources(${name})
    endif()
  endif()
  if(RPP_TESTS AND (NOT RPP_TESTED_MODULES OR name IN_LIST RPP_TESTED_MODULES))
    rpp_module_tests(${name} "${ARG_TORCH}" ${ARG_TEST_DEPENDS} ${ARG_TEST_LIBS})
  endif()
endfunction()

# rpp_module_tests(name uses_torch libraries...)
function(rpp_module_tests name uses_torch)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${name}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  set(target ${name}_tests)
  add_executable(${target} ${sources})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${target} PRIVATE rpp_${name} ${ARGN} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE RPP_SOURCE_DIR="${PROJECT_SOURCE_DIR}" RPP_BINARY_DIR="${PROJECT_BINARY_DIR}")
  rpp_warnings(${target})
  # Tests are compiled more often than they run: not optimised, in half the time.
  if(uses_torch)
    target_link_libraries(${target} PRIVATE LibTorch::LibTorch)
    rpp_precompiled(${target} rpp_torch_tests_pch tests/precompiled_torch.h OPTIONS -O0 LIBS LibTorch::LibTorch GTest::gmock)
  else()
    rpp_precompiled(${target} rpp_tests_pch tests/precompiled.h OPTIONS -O0 LIBS GTest::gmock)
  endif()
  gtest_discover_tests(${target} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 600)
endfunction()

# tutorial-NAME: the program in docs/tutorials/NAME.md. tests/tools/tutorials_test.sh runs it.
function(rpp_tutorial name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  set(page ${PROJECT_SOURCE_DIR}/docs/tutorials/${name}.md)
  set(source ${PROJECT_BINARY_DIR}/tutorials/${name}.cpp)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
  file(READ ${page} text)
  string(REGEX REPLACE "^.*```cpp\n" "" code "${text}")  # there is one such block
  string(FIND "${code}" "\n```" end)
  string(SUBSTRING "${code}" 0 ${end} code)
  file(CONFIGURE OUTPUT ${source} CONTENT "${code}\n" @ONLY)
  add_executable(tutorial-${name} ${source})
  list(TRANSFORM ARG_DEPENDS PREPEND rpp_)
  target_link_libraries(tutorial-${name} PRIVATE ${ARG_DEPENDS} LibTorch::LibTorch)
  rpp_warnings(tutorial-${name})
endfunction()

function(rpp_cuda_emulation_tests)
  set(folder ${PROJECT_SOURCE_DIR}/tests/cuda_emulation)
  file(GLOB kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/ops/*.cu)
  file(GLOB loops CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/ops/*_kernel.cpp)
  file(GLOB tests CONFIGURE_DEPENDS ${folder}/*.cpp)
  # Contracted multiply-adds would differ from the loops by a bit.
  set_source_files_properties(${kernels} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-ffp-contract=off")
  add_executable(cuda_emulation_tests ${kernels} ${loops} ${tests})
  target_include_directories(cuda_emulation_tests PRIVATE ${folder} ${PROJECT_SOURCE_DIR}/include
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(cuda_emulation_tests PRIVATE hwy::hwy GTest::gmock GTest::gtest_main)
  rpp_warnings(cuda_emulation_tests)
  gtest_discover_tests(cuda_emulation_tests TEST_PREFIX cuda_emulation. DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600)
endfunction()

function(rpp_fuzz_target name seconds)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/tests/fuzz)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/${name}_*.cpp)
  set(target ${name}_fuzz)
  add_executable(${target} ${sources} ${folder}/fuzz_target.cpp ${folder}/mutate.cpp)
  list(TRANSFORM ARG_DEPENDS PREPEND rpp_)
  target_link_libraries(${target} PRIVATE ${ARG_DEPENDS})
  target_compile_definitions(${target} PRIVATE RPP_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  rpp_warnings(${target})
  if(RPP_LIBFUZZER)
    target_sources(${target} PRIVATE ${folder}/libfuzzer_driver.cpp)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    return()
  endif()
  target_sources(${target} PRIVATE ${folder}/fuzz_driver.cpp)
  target_link_libraries(${target} PRIVATE CLI11::CLI11)
  add_test(NAME fuzz.${name} COMMAND ${target} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name} --seconds ${seconds})
endfunction()

function(rpp_damage_target name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/tests/fuzz)
  set(target ${name}_damage)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/${target}*.cpp)
  if(name STREQUAL file)
    list(APPEND sources ${folder}/model_file_mutate.cpp ${folder}/model_file_readers.cpp
      ${folder}/model_file_seeds.cpp ${folder}/text_readers.cpp)
  endif()
  add_executable(${target} ${sources} ${folder}/damage_driver.cpp ${folder}/mutate.cpp)
  list(TRANSFORM ARG_DEPENDS PREPEND rpp_)
  target_link_libraries(${target} PRIVATE ${ARG_DEPENDS} CLI11::CLI11)
  target_compile_definitions(${target} PRIVATE RPP_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  rpp_warnings(${target})
endfunction()

function(rpp_tool name)
  cmake_parse_arguments(ARG "" "BESIDE" "DEPENDS" ${ARGN})
  set(source ${PROJECT_SOURCE_DIR}/tools/rpp_${name}.cpp)
  string(REPLACE _ - target rpp-${name})
  add_executable(${target} ${source})
  list(TRANSFORM ARG_DEPENDS PREPEND rpp_)
  target_link_libraries(${target} PRIVATE ${ARG_DEPENDS} CLI11::CLI11)
  rpp_warnings(${target})
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)  # only parses arguments; the modules do the work
  set(test ${PROJECT_SOURCE_DIR}/tests/tools/rpp_${name}_test.sh)
  if(RPP_TESTS AND EXISTS ${test} AND (NOT ARG_BESIDE OR TARGET rpp-${ARG_BESIDE}))
    add_test(NAME tools.rpp-${name} COMMAND bash ${test} $<TARGET_FILE:${target}>)
    set_tests_properties(tools.rpp-${name} PROPERTIES TIMEOUT 600 COST ${long_test})
  endif()
endfunction()

function(rpp_script_test name)
  if(RPP_TESTS)
    list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE program)
    add_test(NAME tools.${name} COMMAND bash ${PROJECT_SOURCE_DIR}/tests/tools/${name}_test.sh ${program})
    set_tests_properties(tools.${name} PROPERTIES TIMEOUT 600 COST ${long_test})
  endif()
endfunction()
