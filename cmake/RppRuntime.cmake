# The runtime alone, for phones and small machines: librpp of the modules in RppRuntimeModules.cmake. It needs {fmt},
# Highway, nlohmann-json, the header of xxHash, and, unless RPP_SENTENCEPIECE is off, sentencepiece.

# CMAKE_INSTALL_PREFIX may be the checkout by mistake: its include/ would be overwritten and mixed with the build's files.
file(REAL_PATH ${CMAKE_INSTALL_PREFIX} prefix EXPAND_TILDE)
file(REAL_PATH ${PROJECT_SOURCE_DIR} checkout)
if(prefix STREQUAL checkout)
  message(FATAL_ERROR "the install prefix ${CMAKE_INSTALL_PREFIX} is the checkout itself: pass --install-prefix with another folder")
endif()

set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(NOT PROJECT_IS_TOP_LEVEL)
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)  # rpp::rpp needs them wherever it is linked
endif()
find_package(fmt REQUIRED)
find_package(hwy REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Threads REQUIRED)
if(RPP_SENTENCEPIECE)
  find_library(sentencepiece_library sentencepiece REQUIRED)
  find_path(sentencepiece_include sentencepiece_processor.h REQUIRED)
  add_library(PkgConfig::SENTENCEPIECE INTERFACE IMPORTED)
  target_include_directories(PkgConfig::SENTENCEPIECE INTERFACE ${sentencepiece_include})
  target_link_libraries(PkgConfig::SENTENCEPIECE INTERFACE ${sentencepiece_library})
  set(link_sentencepiece -lsentencepiece)
endif()
if(RPP_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

set(RPP_FMT fmt::fmt-header-only)
set(RPP_TESTED_MODULES runtime)  # the tests of the others need packages of the whole build
add_library(PkgConfig::XXHASH INTERFACE IMPORTED)  # its header is enough
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/core/xxh3.cpp PROPERTIES COMPILE_DEFINITIONS XXH_INLINE_ALL)
include(RppRuntimeModules)

# librpp.a, rpp::rpp: C and C++. librpp.so, rpp::rpp_shared: the C interface alone, for any language; what it links stays
# inside. Both names work after find_package(rpp) and after add_subdirectory.
include(GNUInstallDirs)
set(objects)
foreach(module ${RPP_RUNTIME_MODULES})
  list(APPEND objects $<TARGET_OBJECTS:rpp_${module}>)
endforeach()
set(exported_symbols ${PROJECT_SOURCE_DIR}/cmake/exported_symbols.map)
add_library(rpp STATIC ${objects})
add_library(rpp_shared SHARED ${objects})
set_target_properties(rpp_shared PROPERTIES OUTPUT_NAME rpp VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
  LINK_DEPENDS ${exported_symbols} INSTALL_RPATH $ORIGIN BUILD_WITH_INSTALL_RPATH ON)
target_link_options(rpp_shared PRIVATE LINKER:--version-script=${exported_symbols} $<$<NOT:$<BOOL:${RPP_SANITIZE}>>:LINKER:-z,defs>)
target_link_libraries(rpp PUBLIC fmt::fmt-header-only Threads::Threads PRIVATE hwy::hwy ${link_sentencepiece})
target_link_libraries(rpp_shared PRIVATE fmt::fmt-header-only Threads::Threads hwy::hwy ${link_sentencepiece})
target_compile_features(rpp PUBLIC cxx_std_20)
foreach(library rpp rpp_shared)
  target_include_directories(${library} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  add_library(rpp::${library} ALIAS ${library})
endforeach()

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/rpp)
install(TARGETS rpp EXPORT rppTargets)
install(TARGETS rpp_shared EXPORT rppSharedTargets)
install(EXPORT rppTargets NAMESPACE rpp:: DESTINATION ${package_folder})
install(EXPORT rppSharedTargets NAMESPACE rpp:: DESTINATION ${package_folder})
install(FILES ${PROJECT_SOURCE_DIR}/cmake/rppConfig.cmake ${PROJECT_BINARY_DIR}/rppConfigVersion.cmake
  DESTINATION ${package_folder})
# For users who link without CMake.
file(RELATIVE_PATH include_from_pkgconfig ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(${PROJECT_SOURCE_DIR}/cmake/rpp.pc.in rpp.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/rpp.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/rpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
include(RppWheel)
