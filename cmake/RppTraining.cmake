# The installed part for training: librpp_training, what prunes any network of LibTorch.
#   cmake --install build --prefix PREFIX --component training
# Another project: find_package(rpp REQUIRED COMPONENTS training), then rpp::training.
include(GNUInstallDirs)
set(objects)
foreach(module core program io plan ops optim prune)
  list(APPEND objects $<TARGET_OBJECTS:rpp_${module}>)
endforeach()
add_library(rpp_training STATIC ${objects})
set_target_properties(rpp_training PROPERTIES EXPORT_NAME training LINKER_LANGUAGE CXX)
target_include_directories(rpp_training PUBLIC $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(rpp_training PUBLIC LibTorch::LibTorch fmt::fmt spdlog::spdlog OpenSSL::Crypto ZLIB::ZLIB Threads::Threads
  xxhash zstd)
target_compile_features(rpp_training PUBLIC cxx_std_20)

install(TARGETS rpp_training EXPORT rppTrainingTargets COMPONENT training EXCLUDE_FROM_ALL)
install(EXPORT rppTrainingTargets NAMESPACE rpp:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rpp COMPONENT training EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/rppConfig.cmake ${PROJECT_SOURCE_DIR}/cmake/FindLibTorch.cmake
  ${PROJECT_BINARY_DIR}/rppConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rpp COMPONENT training EXCLUDE_FROM_ALL)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/rpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT training EXCLUDE_FROM_ALL)
