#include "tests/abi/table.hpp"

#include <gatehouse/abi.h>

#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <iomanip>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <typeinfo>

namespace gh::test {

namespace {

std::string name_of(const std::type_info& type) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
    return text ? text.get() : type.name();
}

/// The members of a struct come before its size.
class Collector {
public:
    void at(size_t offset, size_t size, const char* name, const std::type_info& type) {
        members_.push_back({offset, size, name, name_of(type)});
    }
    void end(const char* name, size_t size, bool frozen) {
        table.structs.push_back({name, frozen, size, std::move(members_)});
        members_.clear();
    }
    AbiTable table;

private:
    std::vector<AbiMember> members_;
};

} // namespace

AbiTable current_abi(std::string_view header) {
    Collector c;
#define AT(type, member, offset) c.at(offsetof(type, member), sizeof(type::member), #member, typeid(decltype(type::member)))
#define SIZE(type, size) c.end(#type, sizeof(type), true)
#define FIRST_SIZE(type, size) c.end(#type, sizeof(type), false)
#include "headers/members.def"
#undef AT
#undef SIZE
#undef FIRST_SIZE
    static const std::regex constant(R"(#define (GATEHOUSE_[A-Z0-9_]+) ([0-9A-Z_]+u?|"[^"]*")( .*)?)");
    std::istringstream lines{std::string(header)};
    std::smatch match;
    for (std::string line; std::getline(lines, line);)
        if (std::regex_match(line, match, constant) && match[1] != "GATEHOUSE_ABI_MINOR") c.table.constants[match[1]] = match[2];
    return std::move(c.table);
}

std::string to_text(const AbiTable& table) {
    std::ostringstream out;
    out << "# Gatehouse plugin ABI on 64-bit systems, as released. Written by abi_table, never edited: see README.md.\n"
           "# struct, FROZEN or growing, size; below it offset, size, name and type of each member\n";
    for (const auto& s : table.structs) {
        out << '\n' << s.name << ' ' << (s.frozen ? "FROZEN" : "growing") << ' ' << s.size << '\n';
        for (const auto& m : s.members)
            out << ' ' << std::setw(4) << m.offset << ' ' << std::setw(3) << m.size << ' ' << m.name << ' ' << m.type << '\n';
    }
    out << "\n# constants\n";
    for (const auto& [name, value] : table.constants) out << name << " = " << value << '\n';
    return out.str();
}

AbiTable parse_abi(std::string_view text) {
    static const std::regex member(" +([0-9]+) +([0-9]+) ([a-z_]+) (.+)"), structure("([a-z_]+) (FROZEN|growing) ([0-9]+)"),
        constant("([A-Z0-9_]+) = (.+)");
    AbiTable table;
    std::istringstream lines{std::string(text)};
    std::smatch m;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line[0] == '#') continue;
        if (std::regex_match(line, m, structure))
            table.structs.push_back({m[1], m[2] == "FROZEN", std::stoul(m[3]), {}});
        else if (!table.structs.empty() && std::regex_match(line, m, member))
            table.structs.back().members.push_back({std::stoul(m[1]), std::stoul(m[2]), m[3], m[4]});
        else if (std::regex_match(line, m, constant))
            table.constants[m[1]] = m[2];
        else
            throw std::runtime_error("not a line of an ABI table: " + line);
    }
    return table;
}

std::vector<std::string> abi_breaks(const AbiTable& released, const AbiTable& now) {
    std::vector<std::string> out;
    for (const auto& was : released.structs) {
        const auto is = std::find_if(now.structs.begin(), now.structs.end(), [&](const auto& s) { return s.name == was.name; });
        if (is == now.structs.end()) {
            out.push_back(was.name + " is gone");
            continue;
        }
        if (is->frozen != was.frozen) out.push_back(was.name + " is " + (is->frozen ? "FROZEN" : "growing") + " and was not");
        if (was.frozen && (is->size != was.size || is->members.size() != was.members.size()))
            out.push_back(was.name + " is FROZEN and grew");
        for (size_t i = 0; i < was.members.size(); ++i) {
            if (i < is->members.size() && is->members[i] == was.members[i]) continue;
            out.push_back(was.name + "." + was.members[i].name + " moved, changed or is gone");
            break;
        }
    }
    for (const auto& [name, value] : released.constants) {
        const auto is = now.constants.find(name);
        if (is == now.constants.end() || is->second != value) out.push_back(name + " is no longer " + value);
    }
    return out;
}

} // namespace gh::test
