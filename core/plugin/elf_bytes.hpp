// Bounds-checked reading of the bytes of an ELF file, whose tables may say anything.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace gh::plugin::elf {

/// Copies the i-th T of a table; false when it is not inside the file.
template <class T>
bool read(std::string_view bytes, uint64_t table, uint64_t index, T& out) {
    if (table > bytes.size() || index >= (bytes.size() - table) / sizeof(T)) return false;
    std::memcpy(&out, bytes.data() + table + index * sizeof(T), sizeof(T));
    return true;
}

/// Empty when it is not all inside the file.
inline std::string_view slice(std::string_view bytes, uint64_t offset, uint64_t size) {
    if (offset > bytes.size() || size > bytes.size() - offset) return {};
    return bytes.substr(offset, size);
}

} // namespace gh::plugin::elf
