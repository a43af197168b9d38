// What a shared library says of itself in its dynamic section and symbol table (System V gABI chapter 5), without loading it.
#pragma once

#include "core/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gh::plugin {

struct ElfFacts {
    std::vector<std::string> exported; ///< names that other libraries can bind to
    std::vector<std::string> unique;   ///< those of binding STB_GNU_UNIQUE
    std::vector<std::string> imported; ///< names it takes from others, without version
    std::vector<std::string> needed;   ///< DT_NEEDED: "libc.so.6"
    std::string run_path;              ///< DT_RPATH or DT_RUNPATH
    bool bind_now = false, text_relocations = false, executable_stack = false;
};

/// For a file that check_elf() passed; the error when its tables lie outside of it. 64-bit, this machine's byte order.
Result<ElfFacts> elf_facts(std::string_view bytes);

} // namespace gh::plugin
