# The simulated Streams for the sandbox.
file(GLOB simulator_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/simulator*.cpp)
gatehouse_add_simulator(axway SOURCES ${simulator_sources} document_tree.cpp document_diff.cpp)
