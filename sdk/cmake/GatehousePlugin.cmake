# gatehouse_add_plugin(name SOURCES file… [LIBRARIES target…] [STATIC_RUNTIME] [NO_INSTALL])
#
# Builds <build>/plugins/<name>.so the way a host can load, replace and keep it:
#   one exported symbol, gatehouse_plugin_v1       hidden visibility and a version script; two plugins never mix their symbols
#   no STB_GNU_UNIQUE symbols                      -fno-gnu-unique: they would be shared between generations and pin the file
#   nothing left to resolve at run time            -z defs -z now -z relro: a missing symbol fails the link, not a request
#   no run-time type information                   -fno-rtti: types never cross the border
#
# The C++ run-time library is linked dynamically: the host has it loaded already, so a plugin costs no second copy of it per generation,
# and its security fixes arrive with the system. The price: a plugin needs a libstdc++ at least as new as the one it was built with
# (the loader says "GLIBCXX_… not found"). STATIC_RUNTIME carries it inside instead, for a binary that has to run on older systems; that
# is safe, since no C++ object or exception crosses the border, and costs about 1 MB per loaded generation.
#
# NO_INSTALL leaves out the install rule (<libdir>/gatehouse/plugins).

set(GATEHOUSE_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/gatehouse_plugin.map CACHE INTERNAL "version script of plugins")

function(gatehouse_add_plugin name)
  cmake_parse_arguments(P "STATIC_RUNTIME;NO_INSTALL" "" "SOURCES;LIBRARIES" ${ARGN})
  if(P_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "gatehouse_add_plugin(${name}): unknown arguments ${P_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT P_SOURCES)
    message(FATAL_ERROR "gatehouse_add_plugin(${name}): SOURCES is missing")
  endif()
  if(NOT name MATCHES "^[a-z0-9-]+$")
    message(FATAL_ERROR "gatehouse_add_plugin(${name}): a plugin's name consists of a-z, 0-9 and \"-\"")
  endif()

  add_library(${name} MODULE ${P_SOURCES})
  target_link_libraries(${name} PRIVATE Gatehouse::sdk ${P_LIBRARIES})
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so"
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON
    LINK_DEPENDS ${GATEHOUSE_PLUGIN_MAP})
  target_compile_options(${name} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti> $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE -Wl,--version-script=${GATEHOUSE_PLUGIN_MAP} -Wl,-z,now -Wl,-z,relro)

  set(flags "${CMAKE_CXX_FLAGS} ${GATEHOUSE_SANITIZE}")
  if(GATEHOUSE_SANITIZE MATCHES "undefined")
    # vptr needs RTTI; clang's function check does not assemble in coroutines ("Cannot represent a difference across sections").
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize=vptr>
                                           $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fno-sanitize=function>)
  endif()
  if(NOT (CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND flags MATCHES "address|undefined|thread|sanitize"))
    # clang leaves the sanitizers' symbols to the program.
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  if(P_STATIC_RUNTIME)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  if(NOT P_NO_INSTALL)
    include(GNUInstallDirs)
    install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/gatehouse/plugins)
  endif()
endfunction()
