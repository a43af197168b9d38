# gatehouse_add_simulator(name SOURCES file… [LIBRARIES target…])
#
# Builds <build>/simulators/<name>.so, a simulated provider for the sandbox (draft interface, gatehouse/simulator.h), with one exported
# symbol, gatehouse_simulator_v1. The target is called simulator_<name>.

set(GATEHOUSE_SIMULATOR_MAP ${CMAKE_CURRENT_LIST_DIR}/gatehouse_simulator.map CACHE INTERNAL "version script of simulators")

function(gatehouse_add_simulator name)
  cmake_parse_arguments(S "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT S_SOURCES OR NOT name MATCHES "^[a-z0-9-]+$")
    message(FATAL_ERROR "gatehouse_add_simulator(${name}): give a name of a-z, 0-9 and \"-\", and SOURCES")
  endif()
  set(target simulator_${name})
  add_library(${target} MODULE ${S_SOURCES})
  target_link_libraries(${target} PRIVATE Gatehouse::sdk ${S_LIBRARIES})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} SUFFIX ".so"
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/simulators
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON
    LINK_DEPENDS ${GATEHOUSE_SIMULATOR_MAP})
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${target} PRIVATE -Wl,--version-script=${GATEHOUSE_SIMULATOR_MAP} -Wl,-z,now -Wl,-z,relro)
  include(GNUInstallDirs)
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/gatehouse/simulators)
endfunction()
