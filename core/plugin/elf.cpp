// A bounds-checked look at an ELF file (System V gABI chapters 4 and 5), only far enough to say precisely what is wrong with it.
#include "core/plugin/elf_bytes.hpp"
#include "core/plugin/library.hpp"

#include <elf.h>

namespace gh::plugin {

namespace {

constexpr std::string_view k_symbol_stem = "gatehouse_plugin_v";

#if defined(__x86_64__)
constexpr Elf64_Half k_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half k_machine = EM_AARCH64;
#elif defined(__riscv)
constexpr Elf64_Half k_machine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr Elf64_Half k_machine = EM_PPC64;
#else
#error "name this architecture's ELF machine here"
#endif

using elf::read;
using elf::slice;

const Refused k_truncated{"truncated", "the file ends before its own tables say it does; copy it again, and move it into place with mv"};

/// Whether the entry is among the exported names; none when the file has no section table to tell.
Check check_symbols(std::string_view bytes, const Elf64_Ehdr& head) {
    std::string other;
    bool table_seen = false;
    for (Elf64_Half i = 0; i < head.e_shnum; ++i) {
        Elf64_Shdr section, names;
        if (!read(bytes, head.e_shoff, i, section)) return k_truncated;
        if (section.sh_type != SHT_DYNSYM) continue;
        if (!read(bytes, head.e_shoff, section.sh_link, names)) return k_truncated;
        table_seen = true;
        const auto strings = slice(bytes, names.sh_offset, names.sh_size);
        for (uint64_t k = 0; k < section.sh_size / sizeof(Elf64_Sym); ++k) {
            Elf64_Sym symbol;
            if (!read(bytes, section.sh_offset, k, symbol)) return k_truncated;
            if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= strings.size()) continue;
            const auto rest = strings.substr(symbol.st_name);
            const auto name = rest.substr(0, rest.find('\0'));
            if (name == GATEHOUSE_PLUGIN_SYMBOL) return {};
            if (name.starts_with(k_symbol_stem)) other = name;
        }
    }
    if (!table_seen) return {};
    if (!other.empty())
        return Refused{"wrong_major", "the file exports " + other +
                                          ", this host loads " GATEHOUSE_PLUGIN_SYMBOL
                                          "; build the plugin with the SDK of this major version"};
    return Refused{"no_symbol", "the file does not export " GATEHOUSE_PLUGIN_SYMBOL
                                "; is it a plugin, and is the function marked GATEHOUSE_EXPORT and extern \"C\"?"};
}

/// What lies in the file where the loader would find `address`.
std::string_view at_address(std::string_view bytes, const Elf64_Ehdr& head, uint64_t address) {
    for (Elf64_Half i = 0; i < head.e_phnum; ++i) {
        Elf64_Phdr segment;
        if (!read(bytes, head.e_phoff, i, segment)) break;
        if (segment.p_type != PT_LOAD || address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz) continue;
        const auto part = slice(bytes, segment.p_offset, segment.p_filesz);
        return address - segment.p_vaddr < part.size() ? part.substr(address - segment.p_vaddr) : std::string_view();
    }
    return {};
}

} // namespace

std::vector<std::string> needed_libraries(std::string_view bytes) {
    constexpr size_t most = 256;
    std::vector<std::string> names;
    Elf64_Ehdr head;
    if (!read(bytes, 0, 0, head)) return names;
    for (Elf64_Half i = 0; i < head.e_phnum; ++i) {
        Elf64_Phdr segment;
        if (!read(bytes, head.e_phoff, i, segment)) break;
        if (segment.p_type != PT_DYNAMIC) continue;
        const auto table = slice(bytes, segment.p_offset, segment.p_filesz);
        std::string_view strings;
        std::vector<uint64_t> needed;
        Elf64_Dyn entry;
        for (uint64_t k = 0; read(table, 0, k, entry) && entry.d_tag != DT_NULL && needed.size() < most; ++k) {
            if (entry.d_tag == DT_NEEDED) needed.push_back(entry.d_un.d_val);
            if (entry.d_tag == DT_STRTAB) strings = at_address(bytes, head, entry.d_un.d_ptr);
        }
        for (const auto offset : needed) {
            if (offset >= strings.size()) continue;
            const auto rest = strings.substr(offset);
            if (const auto end = rest.find('\0'); end != rest.npos && end > 0 && end < 256) names.emplace_back(rest.substr(0, end));
        }
    }
    return names;
}

Check check_elf(std::string_view bytes) {
    if (!bytes.starts_with(std::string_view(ELFMAG, SELFMAG))) {
        if (bytes.empty()) return Refused{"truncated", "the file is empty; copy it again, and move it into place with mv"};
        return Refused{"not_elf", "the file is not an ELF shared library; build the plugin as a shared library for this system"};
    }
    Elf64_Ehdr head;
    if (!read(bytes, 0, 0, head)) return k_truncated;
    constexpr unsigned char order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
    if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != order || head.e_machine != k_machine)
        return Refused{"wrong_architecture", "the file was built for another processor; build the plugin for this one"};
    if (head.e_type != ET_DYN) return Refused{"not_library", "the file is an ELF file but no shared library; link the plugin with -shared"};
    for (Elf64_Half i = 0; i < head.e_phnum; ++i) {
        Elf64_Phdr segment;
        if (!read(bytes, head.e_phoff, i, segment)) return k_truncated;
        if (segment.p_filesz > 0 && slice(bytes, segment.p_offset, segment.p_filesz).empty()) return k_truncated;
    }
    Elf64_Shdr last;
    if (head.e_shnum > 0 && (head.e_shentsize != sizeof last || !read(bytes, head.e_shoff, head.e_shnum - 1u, last))) return k_truncated;
    return check_symbols(bytes, head);
}

} // namespace gh::plugin
