#include "core/sandbox/library.hpp"

#include "core/base/version.hpp"

#include <dlfcn.h>

namespace gh::sandbox {

namespace {

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= 40 && name != "clock" &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == name.npos;
}

} // namespace

Result<Library> Library::load(const std::filesystem::path& file) {
    const auto refused = [&](const std::string& why) { return Error{file.string() + ": " + why}; };
    // Never closed: a simulator's threads-to-be, thread-locals and unique symbols cannot be told apart from outside.
    void* const handle = ::dlopen(std::filesystem::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char* why = ::dlerror();
        return refused(std::string("cannot be loaded: ") + (why ? why : "unknown reason"));
    }
    const auto entry = reinterpret_cast<gatehouse_simulator_entry>(::dlsym(handle, GATEHOUSE_SIMULATOR_SYMBOL));
    if (!entry) return refused("is not a simulator: it does not export " GATEHOUSE_SIMULATOR_SYMBOL);

    std::string reason;
    gatehouse_hello hello{};
    hello.struct_size = sizeof hello;
    hello.abi_minor = GATEHOUSE_ABI_MINOR;
    hello.host_version = {k_version.data(), k_version.size()};
    hello.context = &reason;
    hello.fail = [](void* context, gatehouse_text text) { static_cast<std::string*>(context)->assign(text.data, text.size); };
    const gatehouse_simulator* d = entry(&hello);
    if (!d) return refused("refuses to run: " + (reason.empty() ? "it gives no reason" : reason));
    // A draft has no room for older or newer ones; its size is looked at first, since only then is the rest where it should be.
    if (d->struct_size != sizeof(gatehouse_simulator) || d->revision != GATEHOUSE_SIMULATOR_REVISION)
        return refused("was built for revision " + std::to_string(d->revision) + " of the draft simulator interface, this program has " +
                       std::to_string(GATEHOUSE_SIMULATOR_REVISION) + "; build it again with this version's SDK");
    if (std::string_view(d->id.data, d->id.size) != GATEHOUSE_SIMULATOR_ID)
        return refused("has another interface than " GATEHOUSE_SIMULATOR_ID);
    if (!is_name({d->name.data, d->name.size})) return refused("its name must have 1 to 40 of a-z, 0-9 and -, and must not be \"clock\"");
    if (!d->open || !d->close || !d->serve || !d->sent || !d->woken || !d->command || !d->describe)
        return refused("leaves out a function of " GATEHOUSE_SIMULATOR_ID "; give all seven");
    return Library(d);
}

} // namespace gh::sandbox
