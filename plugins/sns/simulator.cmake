# A simulated SNS of its own, for the plugin that takes any topic.
add_subdirectory(simulation)
file(GLOB simulator_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/simulator*.cpp)
gatehouse_add_simulator(sns SOURCES ${simulator_sources} LIBRARIES sns_simulation)
