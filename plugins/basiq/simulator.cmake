# The simulated Basiq for the sandbox.
find_package(OpenSSL REQUIRED)
file(GLOB simulator_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/simulator*.cpp)
gatehouse_add_simulator(basiq SOURCES ${simulator_sources} LIBRARIES OpenSSL::Crypto)
