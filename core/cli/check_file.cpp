#include "core/cli/conformance.hpp"
#include "core/plugin/elf_facts.hpp"
#include "core/plugin/library.hpp"

#include <gatehouse/abi.h>

namespace gh::cli {

namespace {

/// Libraries that every machine with this server has, since the server itself or the C++ and Rust runtimes need them.
constexpr std::string_view k_everywhere[] = {"libc.so.6",      "libm.so.6",      "libgcc_s.so.1", "libstdc++.so.6", "libc++.so.1",
                                             "libc++abi.so.1", "libcrypto.so.3", "libdl.so.2",    "librt.so.1",     "libpthread.so.0",
                                             "libasan.so.8",   "libubsan.so.1",  "libtsan.so.2"};

/// What a plugin that only computes has no use for. Those that the runtimes themselves bring along (open, read, write) are not among them:
/// confine() sees whether they are called.
constexpr std::string_view k_suspicious[] = {"socket",          "connect",       "bind",         "listen",         "accept",
                                             "accept4",         "send",          "sendto",       "recv",           "recvfrom",
                                             "getaddrinfo",     "gethostbyname", "fork",         "vfork",          "execve",
                                             "execv",           "execvp",        "execl",        "execlp",         "system",
                                             "popen",           "posix_spawn",   "posix_spawnp", "pthread_create", "thrd_create",
                                             "dlopen",          "dlmopen",       "sleep",        "usleep",         "nanosleep",
                                             "clock_nanosleep", "fopen",         "fopen64",      "creat",          "unlink",
                                             "rename",          "ptrace",        "kill",         "signal",         "sigaction",
                                             "setenv",          "putenv",        "exit",         "_exit",          "quick_exit"};

std::string joined(const std::vector<std::string>& names) {
    std::string out;
    for (size_t i = 0; i < names.size() && i < 8; ++i) (out += i ? ", " : "") += names[i];
    return names.size() > 8 ? out + " and " + std::to_string(names.size() - 8) + " more" : out;
}

template <class List>
bool among(const List& list, std::string_view name) {
    return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

/// std::thread, file streams and the like, by the mangled names of libstdc++ and libc++.
bool is_stream_or_thread(std::string_view name) {
    for (const std::string_view part :
         {"_ZNSt6thread15_M_start_thread", "basic_filebuf", "basic_ifstream", "basic_ofstream", "_ZNSt3__16thread", "_ZNSt10filesystem"})
        if (name.find(part) != name.npos) return true;
    return false;
}

} // namespace

void check_file(std::string_view bytes, Report& report) {
    if (const auto refused = plugin::check_elf(bytes)) return report.fail(1, "the file", refused->code + ": " + refused->reason);
    const auto facts = plugin::elf_facts(bytes);
    if (!facts) return report.fail(1, "the file", facts.error().message);

    if (facts->exported == std::vector<std::string>{GATEHOUSE_PLUGIN_SYMBOL})
        report.pass(1, "exports " GATEHOUSE_PLUGIN_SYMBOL " alone");
    else
        report.fail(1, "exports " GATEHOUSE_PLUGIN_SYMBOL " alone",
                    std::to_string(facts->exported.size()) + " names: " + joined(facts->exported) +
                        "; link with a version script, as gatehouse_add_plugin does");
    if (facts->unique.empty())
        report.pass(2, "no unique symbols");
    else
        report.fail(2, "no unique symbols", joined(facts->unique) + "; compile with -fno-gnu-unique");

    if (facts->bind_now && !facts->text_relocations && !facts->executable_stack) report.pass(3, "bound and protected at load time");
    if (!facts->bind_now) report.warn(3, "bound at load time", "names are bound when first called; link with -z now -z defs");
    if (facts->text_relocations) report.fail(3, "code that nobody writes to", "it has text relocations; compile with -fPIC");
    if (facts->executable_stack) report.fail(3, "data that nobody executes", "it wants an executable stack; link with -z noexecstack");

    std::vector<std::string> others;
    for (const auto& name : facts->needed)
        if (!among(k_everywhere, name) && !name.starts_with("ld-linux") && !name.starts_with("ld64")) others.push_back(name);
    if (others.empty())
        report.pass(8, "needed libraries", joined(facts->needed));
    else
        report.warn(8, "needed libraries", joined(others) + ": must be installed wherever the plugin goes; link it statically");
    if (!facts->run_path.empty())
        report.fail(8, "no search path of its own", "it looks for libraries in " + facts->run_path + "; link without -rpath");

    std::vector<std::string> suspicious;
    for (const auto& name : facts->imported)
        if (among(k_suspicious, name) || is_stream_or_thread(name)) suspicious.push_back(name);
    if (suspicious.empty())
        report.pass(10, "imports nothing that does input or output");
    else
        report.warn(10, "imports nothing that does input or output",
                    joined(suspicious) + ": a plugin computes, the host does the rest; see that none of it is ever called");
}

} // namespace gh::cli
