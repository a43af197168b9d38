// Who vouches for a plugin file: keys, signatures, and whose they are.
#include "core/cli/command.hpp"
#include "core/cli/output.hpp"
#include "core/plugin/signature.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <ostream>
#include <system_error>
#include <unistd.h>

namespace gh::cli {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void failed(const std::string& what) {
    throw Failure{1, what};
}
[[noreturn]] void failed(const fs::path& file, int error) {
    failed(file.string() + " cannot be written: " + std::generic_category().message(error) +
           (error == EEXIST ? "; choose another name, a key is never written over" : ""));
}

/// A new file of that mode, whatever the umask.
void write_new(const fs::path& file, std::string_view text, mode_t mode) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) failed(file, errno);
    int error = ::fchmod(fd, mode) == 0 ? 0 : errno;
    while (!error && !text.empty()) {
        const auto n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno != EINTR) error = errno;
        if (n > 0) text.remove_prefix(static_cast<size_t>(n));
    }
    if (!error && ::fsync(fd) != 0) error = errno;
    if (::close(fd) != 0 && !error) error = errno;
    if (!error) return;
    ::unlink(file.c_str());
    failed(file, error);
}

Secret read_private(const fs::path& file) {
    struct stat info {};
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) usage(file.string() + " cannot be read: " + std::generic_category().message(errno) + ".");
    std::string bytes(16 * 1024, '\0');
    const bool regular = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    const auto n = regular ? ::read(fd, bytes.data(), bytes.size()) : -1;
    ::close(fd);
    if (n < 0) usage(file.string() + " cannot be read: give the private key file that \"gatehouse plugins keygen\" wrote.");
    const Secret text(std::string_view(bytes).substr(0, static_cast<size_t>(n)));
    std::fill(bytes.begin(), bytes.end(), '\0');
    if (info.st_mode & 077) failed(file.string() + ": others than its owner may read the private key; chmod 600 " + file.string());
    return text.clone();
}

plugin::FileImage read_plugin(const fs::path& file) {
    auto read = plugin::read_plugin_file(file);
    if (const auto* refused = std::get_if<plugin::Refused>(&read)) failed(file.string() + ": " + refused->reason);
    return std::get<plugin::FileImage>(std::move(read));
}

std::vector<config::TrustedKey> trusted_keys(const Context& c) {
    if (c.has("--key")) {
        const fs::path file = c.get("--key");
        std::ifstream in(file, std::ios::binary);
        if (!in) usage(file.string() + " cannot be read: give a public key file.");
        const auto key = ed25519::PublicKey::from_pem(std::string(std::istreambuf_iterator<char>(in), {}));
        if (!key) failed(file.string() + ": " + key.error().message);
        return {{file, *key}};
    }
    const auto loaded = config::load(c.config_file(), c.terminal.environment);
    if (!loaded) usage(loaded.error().message + "\nor name a public key file with --key FILE.");
    if ((*loaded)->plugins.keys.empty()) usage("the configuration names no plugins.keys: give a public key file with --key FILE.");
    return (*loaded)->plugins.keys;
}

} // namespace

int plugins_keygen(Context& c) {
    const fs::path file = c.positionals[0], shared = file.string() + ".pub";
    const auto key = ed25519::PrivateKey::make();
    std::error_code ignored;
    if (fs::exists(shared, ignored)) failed(shared, EEXIST);
    write_new(file, key.pem().reveal(), 0600);
    write_new(shared, key.public_key().pem(), 0644);
    const auto id = key.public_key().id();
    if (c.json()) {
        json::Writer w;
        w.object().member("key", id).member("private", file.string()).member("public", shared.string()).end();
        c.terminal.out << w.take() << '\n';
        return 0;
    }
    c.terminal.out << "key      " << id << "\nprivate  " << file.string() << "  (keep it where you build, nowhere else)\npublic   "
                   << shared.string() << "  (name it under plugins.keys where your plugins run)\n";
    return 0;
}

int plugins_sign(Context& c) {
    const fs::path file = c.positionals[0];
    if (!c.has("--key")) usage("\"plugins sign\" needs --key FILE, the private key; make one with: gatehouse plugins keygen FILE");
    const auto secret = read_private(c.get("--key"));
    const auto key = ed25519::PrivateKey::from_pem(secret);
    if (!key) failed(c.get("--key") + ": " + key.error().message);
    const auto image = read_plugin(file);
    if (const auto refused = plugin::check_elf(image.bytes)) failed(file.string() + ": not signed, it is no plugin: " + refused->reason);

    // Beside it and renamed: a server that watches the folder never sees half of it.
    const auto there = plugin::signature_file(file);
    const fs::path aside = there.string() + "." + std::to_string(::getpid());
    write_new(aside, plugin::sign(image, *key), 0644);
    std::error_code error;
    fs::rename(aside, there, error);
    if (error) {
        fs::remove(aside, error);
        failed(there, error.value());
    }
    const auto id = key->public_key().id();
    if (c.json()) {
        json::Writer w;
        w.object().member("file", file.string()).member("signature", there.string()).member("key", id).end();
        c.terminal.out << w.take() << '\n';
        return 0;
    }
    c.terminal.out << there.string() << ": signed with " << id << '\n';
    return 0;
}

int plugins_verify(Context& c) {
    const fs::path file = c.positionals[0];
    const auto keys = trusted_keys(c);
    const auto image = read_plugin(file);
    const auto checked = plugin::check_signature(image, true, keys);
    const auto* refused = std::get_if<plugin::Refused>(&checked);
    const auto* key = refused ? nullptr : std::get<0>(checked);
    if (c.json()) {
        json::Writer w;
        w.object().member("file", file.string()).member("ok", !refused).member("code", refused ? refused->code : "");
        w.member("reason", refused ? refused->reason : "").member("signed_by", key ? key->name() : "").end();
        c.terminal.out << w.take() << '\n';
        return refused ? 1 : 0;
    }
    if (refused) failed(file.string() + ": " + refused->code + ": " + refused->reason);
    c.terminal.out << file.string() << ": signed by " << key->name() << ", key file " << key->file.string() << '\n';
    return 0;
}

} // namespace gh::cli
