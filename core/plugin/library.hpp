// One plugin file: read once, checked, staged as a private copy, tried in a child process, then loaded for good.
#pragma once

#include "core/base/time.hpp"
#include "core/plugin/crash.hpp"
#include "core/plugin/schema.hpp"

#include <gatehouse/abi.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace gh::plugin {

/// Why a file is not loaded: a code for machines and a sentence that names the rule and the fix.
struct Refused {
    std::string code, reason;
};
/// Nothing, or the refusal.
using Check = std::optional<Refused>;

/// The bytes of a plugin file as they were when they were read; everything after works on these, not on the path.
struct FileImage {
    std::filesystem::path path;
    std::string bytes;
    std::string hash; ///< SHA-256 in hexadecimal
    CrashMark mark() const;
};

/// Codes: unreadable, not_regular, writable (by group or others), too_large.
std::variant<FileImage, Refused> read_plugin_file(const std::filesystem::path&);

/// Looks at the bytes before the dynamic loader does. Codes: not_elf, truncated, wrong_architecture, not_library, no_symbol, wrong_major.
Check check_elf(std::string_view bytes);
/// The names of the libraries that the file is linked with (DT_NEEDED); none where its tables make no sense. Of any bytes.
std::vector<std::string> needed_libraries(std::string_view bytes);

/// Descriptor of a plugin, copied; `raw` stays with the library, which is never unloaded.
struct Descriptor {
    const gatehouse_plugin* raw = nullptr;
    std::string name, version, summary, settings_schema;
    uint32_t abi_minor_built = 0, abi_minor_needed = 0;
    Schema schema;
};
/// Checks and copies a descriptor. `raw` is what was given. Codes as below.
std::variant<Descriptor, Refused> read_descriptor(const gatehouse_plugin&);
/// Calls the entry and checks what it gives. Codes: null_descriptor, short_struct, needs_newer, unsupported, bad_name, bad_version,
/// bad_summary, bad_schema, null_function, bad_sample, throws.
std::variant<Descriptor, Refused> call_entry(gatehouse_plugin_entry);

/// Tries to load `staged` and to call its entry in a child process. Codes: crashes, too_slow, probe_failed, or what the load itself says.
/// The child is a plain fork: a program to exec would have to be found beside whatever links this library, and glibc makes malloc and the
/// loader usable in the child of a threaded process. It runs nothing but the load, the entry and write(2), has no file but its pipe, may
/// not write files or start processes, and is killed at `limit`. A lock of another library held by another thread during the fork could
/// hang it; that costs a refusal ("too_slow"), never the server.
Check probe(const std::filesystem::path& staged, const CrashMark&, Millis limit);

class Remote;
class Services;

/// A loaded library. Never unloaded: C++ plugins pin themselves through unique symbols and thread-local storage anyway. Or the stand-in of
/// one that only worker processes load (worker_library.hpp): its functions go over there and back, and are judged by the same rules here.
class Library {
public:
    /// Codes: not_loadable, no_symbol, throws, and those of call_entry.
    static std::variant<std::shared_ptr<const Library>, Refused> load(const std::filesystem::path& staged, const CrashMark&);
    virtual ~Library() = default;
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    const Descriptor& descriptor() const { return descriptor_; }
    const CrashMark& mark() const { return mark_; }

    /// The descriptor's functions of these names; what the plugin enrolls brings its own. [control]
    virtual gatehouse_status open_source(const Services&, const gatehouse_settings&, void** source) const;
    virtual gatehouse_status enroll(void* source, const gatehouse_registry&) const;
    virtual void close_source(void* source) const;
    /// The process behind an open source; null for code of this process.
    virtual Remote* remote(void*) const { return nullptr; }
    virtual bool isolated() const { return false; }

protected:
    Library(Descriptor, CrashMark);

private:
    Descriptor descriptor_;
    CrashMark mark_;
};

/// The private directory (mode 0700) for staged copies, under names that are never used twice: the loader gives back the old library for a
/// path it has seen. Copies go when this object does; those of a process that died are swept by the next one that has the directory alone.
class Staging {
public:
    explicit Staging(std::filesystem::path directory);
    ~Staging();
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    const std::filesystem::path& directory() const { return directory_; }
    /// Code: staging_failed.
    std::variant<std::filesystem::path, Refused> write(const FileImage&);

private:
    std::filesystem::path directory_;
    std::string error_;
    int lock_ = -1;
    std::vector<std::filesystem::path> written_;
};

} // namespace gh::plugin
