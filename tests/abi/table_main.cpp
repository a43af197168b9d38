// Writes the table of the ABI as it is now: build/bin/abi_table > sdk/abi/1.<minor>.txt
#include <fstream>
#include <iostream>
#include <iterator>

#include "tests/abi/table.hpp"

int main() {
    std::ifstream header(ABI_HEADER);
    std::cout << gh::test::to_text(gh::test::current_abi(std::string(std::istreambuf_iterator<char>(header), {})));
}
