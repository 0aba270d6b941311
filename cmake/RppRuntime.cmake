# The runtime alone, for phones and small machines: one library rpp of the modules core, io, text and infer, without
# what reads or writes anything but model files. It needs {fmt}, Highway, nlohmann-json and the header of xxHash.

find_package(fmt REQUIRED)
find_package(hwy REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Threads REQUIRED)

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/core/*.cpp ${PROJECT_SOURCE_DIR}/src/io/*.cpp
  ${PROJECT_SOURCE_DIR}/src/text/*.cpp ${PROJECT_SOURCE_DIR}/src/infer/*.cpp)
# Logs, compressed text, SHA-256; other tokenizers and what trains them; the tool's lines.
list(FILTER sources EXCLUDE REGEX
  "/(core/(log|line_reader|sha256|zstd_size)|io/export_report|text/(fingerprint|sentencepiece_.*|tokenizer|.*trainer.*|tokenize_file|training_text)|infer/line_predictor)\\.cpp$")

add_library(rpp ${sources})
target_include_directories(rpp PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src/infer)
target_link_libraries(rpp PUBLIC fmt::fmt-header-only nlohmann_json::nlohmann_json Threads::Threads PRIVATE hwy::hwy)
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/core/xxh3.cpp PROPERTIES COMPILE_DEFINITIONS XXH_INLINE_ALL)
rpp_warnings(rpp)

if(RPP_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/infer/*_test.cpp)
  list(FILTER tests EXCLUDE REGEX "/line_predictor_test\\.cpp$")
  add_executable(infer_tests ${tests})
  target_include_directories(infer_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src/infer)
  target_link_libraries(infer_tests PRIVATE rpp hwy::hwy GTest::gtest_main)
  target_compile_definitions(infer_tests PRIVATE RPP_SOURCE_DIR="${PROJECT_SOURCE_DIR}" RPP_BINARY_DIR="${PROJECT_BINARY_DIR}")
  rpp_warnings(infer_tests)
  gtest_discover_tests(infer_tests TEST_PREFIX infer. DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 600)
endif()
