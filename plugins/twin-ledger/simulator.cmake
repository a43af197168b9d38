# The simulated Trusted Twin for the sandbox.
file(GLOB twin_simulator CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/simulator*.cpp)
gatehouse_add_simulator(twin-ledger SOURCES ${twin_simulator} ${twin_hashing} LIBRARIES OpenSSL::Crypto)
