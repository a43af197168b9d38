#include "core/plugin/signature.hpp"

#include "core/base/encoding.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <system_error>
#include <unistd.h>

namespace gh::plugin {

namespace {

constexpr std::string_view k_first_line = "gatehouse-plugin-signature-v1\n", k_key = "key ", k_signature = "signature ";
constexpr size_t k_most_bytes = 1024;

/// Its first line keeps it apart from whatever else such a key may sign.
std::string signed_message(const FileImage& image) {
    return std::string(k_first_line) + "sha256 " + image.hash + "\n";
}

std::string written(const std::string& key_id, std::string_view signature) {
    return std::string(k_first_line) + std::string(k_key) + key_id + "\n" + std::string(k_signature) + to_base64(signature) + "\n";
}

struct Parsed {
    std::string key_id, signature;
};

/// One form only: what is read must be what would be written.
std::optional<Parsed> parse(const std::string& text) {
    std::string_view rest = text;
    const auto line = [&](std::string_view begin) -> std::optional<std::string> {
        const size_t end = rest.find('\n');
        if (!rest.starts_with(begin) || end == rest.npos || end < begin.size()) return std::nullopt;
        std::string out(rest.substr(begin.size(), end - begin.size()));
        rest.remove_prefix(end + 1);
        return out;
    };
    if (!rest.starts_with(k_first_line)) return std::nullopt;
    rest.remove_prefix(k_first_line.size());
    const auto key = line(k_key), coded = line(k_signature);
    if (!key || !coded) return std::nullopt;
    auto signature = from_base64_lenient(*coded);
    if (!signature || written(*key, *signature) != text) return std::nullopt;
    return Parsed{*key, std::move(*signature)};
}

/// Ids are ours; anything else comes from who wrote the file.
std::string shown(const std::string& key_id) {
    const bool plain = key_id.size() < 64 && key_id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789:") == key_id.npos;
    return plain ? key_id : "an unknown kind";
}

/// Null: there is no such file.
std::variant<std::optional<std::string>, Refused> read_signature(const std::filesystem::path& path) {
    const auto refused = [&](const std::string& why) {
        return Refused{"signature_unreadable", path.filename().string() + " cannot be read: " + why};
    };
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) return std::nullopt;
    if (fd < 0) return refused(std::generic_category().message(errno));
    struct stat info {};
    std::array<char, k_most_bytes + 1> buffer;
    size_t have = 0;
    ssize_t n = -1;
    const bool regular = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    while (regular && have < buffer.size() && (n = ::read(fd, buffer.data() + have, buffer.size() - have)) > 0)
        have += static_cast<size_t>(n);
    ::close(fd);
    if (!regular) return refused("it is not a regular file");
    if (n < 0) return refused("it breaks off");
    return std::optional(std::string(buffer.data(), have));
}

} // namespace

std::filesystem::path signature_file(const std::filesystem::path& plugin) {
    return plugin.string() + ".sig";
}

std::string sign(const FileImage& image, const ed25519::PrivateKey& key) {
    return written(key.public_key().id(), key.sign(signed_message(image)));
}

std::variant<const config::TrustedKey*, Refused> check_signature(const FileImage& image, bool required,
                                                                 const std::vector<config::TrustedKey>& keys) {
    const auto path = signature_file(image.path);
    const auto file = image.path.filename().string(), name = path.filename().string();
    const auto read = read_signature(path);
    if (const auto* refused = std::get_if<Refused>(&read)) return *refused;
    const auto& text = std::get<0>(read);
    if (!text && !required) return nullptr;
    if (!text)
        return Refused{"unsigned", "there is no " + name + " beside it, and plugins.signatures is required; get the signature from where " +
                                       file + " came from, or sign it: gatehouse plugins sign " + file + " --key KEY-FILE"};
    const auto parsed = parse(*text);
    if (!parsed)
        return Refused{"signature_malformed",
                       name +
                           " is not a signature as \"gatehouse plugins sign\" writes it, with nothing before or after; "
                           "get it again, or sign the file anew"};
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& one) { return one.key.id() == parsed->key_id; });
    if (key == keys.end())
        return Refused{"signature_unknown_key", name + " is by a key that is not in plugins.keys; add the public key file of " +
                                                    shown(parsed->key_id) + " there if you trust it, or sign the file with one of yours"};
    if (!key->key.verify(signed_message(image), parsed->signature))
        return Refused{"signature_wrong",
                       name +
                           " does not fit the file: one of the two was changed, or it belongs to another file or version; "
                           "get both again from the same place, or sign the file anew"};
    return &*key;
}

} // namespace gh::plugin
