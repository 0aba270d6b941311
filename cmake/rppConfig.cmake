# Read by find_package(rpp): rpp::rpp, the static library, and rpp::rpp_shared.
include(CMakeFindDependencyMacro)
find_dependency(fmt)
find_dependency(hwy)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/rppTargets.cmake)
