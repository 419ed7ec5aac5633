# The library for embedding programs: `cmake --install build/release --prefix DIR`, then
# find_package(tidemark) with tidemark::storage and tidemark::query, or pkg-config tidemark.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS tidemark_storage tidemark_query EXPORT tidemark
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET public_headers DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS tidemark RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

set(TIDEMARK_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/tidemark)
install(EXPORT tidemark NAMESPACE tidemark:: FILE tidemarkTargets.cmake DESTINATION ${TIDEMARK_CMAKE_DIR})
configure_package_config_file(cmake/tidemarkConfig.cmake.in tidemarkConfig.cmake
  INSTALL_DESTINATION ${TIDEMARK_CMAKE_DIR})
# Before 1.0 every minor version may change the interface.
write_basic_package_version_file(tidemarkConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/tidemarkConfig.cmake
  ${PROJECT_BINARY_DIR}/tidemarkConfigVersion.cmake
  DESTINATION ${TIDEMARK_CMAKE_DIR})

configure_file(cmake/tidemark.pc.in tidemark.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/tidemark.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
