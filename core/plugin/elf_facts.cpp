#include "core/plugin/elf_facts.hpp"

#include "core/plugin/elf_bytes.hpp"

#include <elf.h>

namespace gh::plugin {

namespace {

using elf::read;
using elf::slice;

std::string name_at(std::string_view strings, uint64_t offset) {
    if (offset >= strings.size()) return {};
    const auto rest = strings.substr(offset);
    return std::string(rest.substr(0, rest.find('\0')));
}

/// Symbols of one dynamic symbol table; false when it lies outside the file.
bool take_symbols(std::string_view bytes, const Elf64_Shdr& table, std::string_view strings, ElfFacts& out) {
    for (uint64_t i = 1; i < table.sh_size / sizeof(Elf64_Sym); ++i) {
        Elf64_Sym symbol;
        if (!read(bytes, table.sh_offset, i, symbol)) return false;
        const auto name = name_at(strings, symbol.st_name);
        const auto binding = ELF64_ST_BIND(symbol.st_info);
        if (name.empty() || binding == STB_LOCAL) continue;
        if (symbol.st_shndx == SHN_UNDEF) {
            out.imported.push_back(name);
            continue;
        }
        const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
        if (visibility == STV_HIDDEN || visibility == STV_INTERNAL) continue;
        out.exported.push_back(name);
        if (binding == STB_GNU_UNIQUE) out.unique.push_back(name);
    }
    return true;
}

bool take_dynamic(std::string_view bytes, const Elf64_Shdr& section, std::string_view strings, ElfFacts& out) {
    for (uint64_t i = 0; i < section.sh_size / sizeof(Elf64_Dyn); ++i) {
        Elf64_Dyn entry;
        if (!read(bytes, section.sh_offset, i, entry)) return false;
        switch (entry.d_tag) {
            case DT_NULL:
                return true;
            case DT_NEEDED:
                out.needed.push_back(name_at(strings, entry.d_un.d_val));
                break;
            case DT_RPATH:
            case DT_RUNPATH:
                out.run_path = name_at(strings, entry.d_un.d_val);
                break;
            case DT_TEXTREL:
                out.text_relocations = true;
                break;
            case DT_BIND_NOW:
                out.bind_now = true;
                break;
            case DT_FLAGS:
                out.bind_now |= (entry.d_un.d_val & DF_BIND_NOW) != 0;
                out.text_relocations |= (entry.d_un.d_val & DF_TEXTREL) != 0;
                break;
            case DT_FLAGS_1:
                out.bind_now |= (entry.d_un.d_val & DF_1_NOW) != 0;
                break;
            default:
                break;
        }
    }
    return true;
}

} // namespace

Result<ElfFacts> elf_facts(std::string_view bytes) {
    const Error outside{"its tables lie outside the file"};
    Elf64_Ehdr head;
    if (!read(bytes, 0, 0, head)) return outside;
    ElfFacts out;
    for (Elf64_Half i = 0; i < head.e_phnum; ++i) {
        Elf64_Phdr segment;
        if (!read(bytes, head.e_phoff, i, segment)) return outside;
        if (segment.p_type == PT_GNU_STACK && (segment.p_flags & PF_X)) out.executable_stack = true;
    }
    for (Elf64_Half i = 0; i < head.e_shnum; ++i) {
        Elf64_Shdr section, names;
        if (!read(bytes, head.e_shoff, i, section)) return outside;
        if (section.sh_type != SHT_DYNSYM && section.sh_type != SHT_DYNAMIC) continue;
        if (!read(bytes, head.e_shoff, section.sh_link, names)) return outside;
        const auto strings = slice(bytes, names.sh_offset, names.sh_size);
        const bool inside =
            section.sh_type == SHT_DYNSYM ? take_symbols(bytes, section, strings, out) : take_dynamic(bytes, section, strings, out);
        if (!inside) return outside;
    }
    return out;
}

} // namespace gh::plugin
