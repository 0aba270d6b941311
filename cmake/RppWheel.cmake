# What the wheel of python/ installs beside its Python files: librpp.so.1 and, under the names that it looks for, the libraries that a
# machine without the development packages lacks.
install(CODE "set(strip \"${CMAKE_STRIP}\")" COMPONENT python EXCLUDE_FROM_ALL)
install(CODE [[
  set(library "$<TARGET_FILE:rpp_shared>")
  set(folder "${CMAKE_INSTALL_PREFIX}/rpp_runtime")
  file(MAKE_DIRECTORY ${folder})
  file(COPY_FILE ${library} ${folder}/$<TARGET_SONAME_FILE_NAME:rpp_shared>)
  file(GET_RUNTIME_DEPENDENCIES LIBRARIES ${library} RESOLVED_DEPENDENCIES_VAR needed)
  list(FILTER needed INCLUDE REGEX "/lib(hwy|sentencepiece)[.]")
  foreach(path ${needed})
    get_filename_component(name ${path} NAME)
    file(REAL_PATH ${path} path)
    file(COPY_FILE ${path} ${folder}/${name})
  endforeach()
  if(strip)
    execute_process(COMMAND ${strip} ${folder}/$<TARGET_SONAME_FILE_NAME:rpp_shared> COMMAND_ERROR_IS_FATAL ANY)
  endif()
]] COMPONENT python EXCLUDE_FROM_ALL)
