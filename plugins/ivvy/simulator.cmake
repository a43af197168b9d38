# The simulated iVvy for the sandbox; its notifications go through the simulated SNS.
file(GLOB simulator_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/simulator*.cpp)
gatehouse_add_simulator(ivvy SOURCES ${simulator_sources} LIBRARIES sns_simulation)
