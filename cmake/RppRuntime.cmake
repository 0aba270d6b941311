# The runtime alone, for phones and small machines: librpp of the modules core, io, text and infer, without
# what reads or writes anything but model files. It needs {fmt}, Highway, nlohmann-json and the header of xxHash.

# CMAKE_INSTALL_PREFIX may be the checkout by mistake: its include/ would be overwritten and mixed with the build's files.
file(REAL_PATH ${CMAKE_INSTALL_PREFIX} prefix EXPAND_TILDE)
file(REAL_PATH ${PROJECT_SOURCE_DIR} checkout)
if(prefix STREQUAL checkout)
  message(FATAL_ERROR "the install prefix ${CMAKE_INSTALL_PREFIX} is the checkout itself: pass --install-prefix with another folder")
endif()

find_package(fmt REQUIRED)
find_package(hwy REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Threads REQUIRED)

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/core/*.cpp ${PROJECT_SOURCE_DIR}/src/io/*.cpp
  ${PROJECT_SOURCE_DIR}/src/text/*.cpp ${PROJECT_SOURCE_DIR}/src/infer/*.cpp)
# Logs, compressed text, SHA-256; other tokenizers and what trains them; the tool's lines.
list(FILTER sources EXCLUDE REGEX
  "/(core/(log|input_bytes|line_reader|standard_output|progress_line|sha256|zstd_size)|io/export_report|text/(fingerprint|sentencepiece_.*|tokenizer|.*trainer.*|tokenize_file|training_text|word_counts|piece_learner)|infer/(line_predictor|text_columns))\\.cpp$")

add_library(rpp_objects OBJECT ${sources})
target_include_directories(rpp_objects PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src/infer)
target_link_libraries(rpp_objects PRIVATE fmt::fmt-header-only nlohmann_json::nlohmann_json hwy::hwy)
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/core/xxh3.cpp PROPERTIES COMPILE_DEFINITIONS XXH_INLINE_ALL)
rpp_warnings(rpp_objects)

# librpp.a and librpp.so: rpp::rpp and rpp::rpp_shared of find_package(rpp).
include(GNUInstallDirs)
add_library(rpp STATIC $<TARGET_OBJECTS:rpp_objects>)
add_library(rpp_shared SHARED $<TARGET_OBJECTS:rpp_objects>)
set_target_properties(rpp_shared PROPERTIES OUTPUT_NAME rpp VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
foreach(library rpp rpp_shared)
  target_include_directories(${library} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${library} PUBLIC fmt::fmt-header-only Threads::Threads PRIVATE hwy::hwy)
  target_compile_features(${library} PUBLIC cxx_std_20)
endforeach()
install(TARGETS rpp rpp_shared EXPORT rppTargets)
install(EXPORT rppTargets NAMESPACE rpp:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rpp)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/rppConfig.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rpp)
# For those who link without CMake.
file(RELATIVE_PATH include_from_pkgconfig ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(${PROJECT_SOURCE_DIR}/cmake/rpp.pc.in rpp.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/rpp.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
foreach(module core io text infer)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/rpp/${module} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rpp)
endforeach()

if(RPP_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/infer/*_test.cpp)
  list(FILTER tests EXCLUDE REGEX "/(line_predictor|text_columns)_test\\.cpp$")
  add_executable(infer_tests ${tests})
  target_include_directories(infer_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src/infer)
  target_link_libraries(infer_tests PRIVATE rpp nlohmann_json::nlohmann_json hwy::hwy GTest::gtest_main)
  target_compile_definitions(infer_tests PRIVATE RPP_SOURCE_DIR="${PROJECT_SOURCE_DIR}" RPP_BINARY_DIR="${PROJECT_BINARY_DIR}")
  rpp_warnings(infer_tests)
  gtest_discover_tests(infer_tests TEST_PREFIX infer. DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 600)
endif()
