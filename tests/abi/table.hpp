// The ABI as a table of text: structs, members with offset, size and type, constants. What was released lies in sdk/abi/1.<minor>.txt.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gh::test {

struct AbiMember {
    size_t offset, size;
    std::string name, type;
    bool operator==(const AbiMember&) const = default;
};

struct AbiStruct {
    std::string name;
    bool frozen;
    size_t size;
    std::vector<AbiMember> members;
};

struct AbiTable {
    std::vector<AbiStruct> structs;
    std::map<std::string, std::string> constants; ///< without GATEHOUSE_ABI_MINOR, which is meant to change
};

/// What the compiler makes of gatehouse/abi.h now. header: the file's text, for the constants.
AbiTable current_abi(std::string_view header);

std::string to_text(const AbiTable&);
/// Throws std::runtime_error that names the line.
AbiTable parse_abi(std::string_view text);

/// What of `now` breaks with what was released; empty when everything that differs was appended. One sentence each.
std::vector<std::string> abi_breaks(const AbiTable& released, const AbiTable& now);

} // namespace gh::test
