#include "core/config/reference.hpp"

#include "core/base/encoding.hpp"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace gh::config {

namespace {

struct Descriptor {
    int fd;
    explicit Descriptor(int f) : fd(f) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

bool is_variable_name(const std::string& name) {
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
    if (name.empty() || !letter(name[0])) return false;
    for (const char c : name)
        if (!letter(c) && !(c >= '0' && c <= '9')) return false;
    return true;
}

} // namespace

void wipe(std::string& text) {
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
    };
}

std::optional<Resolved> References::resolve(const std::string& text, int line, const std::string& key) {
    Resolved out;
    out.text.reserve(text.size());
    bool good = true;
    for (size_t i = 0; i < text.size();) {
        if (text.compare(i, 3, "$${") == 0) {
            out.text += "${";
            i += 3;
            continue;
        }
        if (text.compare(i, 2, "${") != 0) {
            out.text += text[i++];
            continue;
        }
        const size_t end = text.find('}', i);
        if (end == text.npos) {
            faults_.error(line, key + ": \"${\" is not closed; write ${env:NAME} or ${file:PATH}, or $${ for the characters themselves");
            good = false;
            break;
        }
        const std::string inside = text.substr(i + 2, end - i - 2);
        const size_t colon = inside.find(':');
        i = end + 1;
        if (colon == inside.npos) {
            faults_.error(line, key + ": " + shown("${" + inside + "}") +
                                    " names no kind; write ${env:" + (is_variable_name(inside) ? inside : "NAME") +
                                    "} for an environment variable, ${file:PATH} for a file");
            good = false;
            continue;
        }
        auto value = look_up(inside.substr(0, colon), inside.substr(colon + 1), line, key);
        if (!value) {
            good = false;
            continue;
        }
        total_ += value->size();
        if (total_ > k_most_resolved) {
            faults_.error(line, key + ": the references of this file bring more than 16 MiB; use fewer or smaller ones");
            good = false;
        } else {
            out.text += *value;
        }
        wipe(*value);
        out.by_reference = true;
        if (total_ > k_most_resolved) break;
    }
    if (good) return out;
    wipe(out.text);
    return std::nullopt;
}

std::optional<std::string> References::look_up(const std::string& kind, const std::string& name, int line, const std::string& key) {
    if (kind == "file") return read_file(name, line, key);
    if (kind != "env") {
        faults_.error(line, key + ": unknown kind of reference " + shown(kind) + "; there are ${env:NAME} and ${file:PATH}" +
                                suggestion(kind, {"env", "file"}));
        return std::nullopt;
    }
    if (!is_variable_name(name)) {
        faults_.error(line, key + ": " + shown(name) + " cannot be the name of an environment variable; use letters, digits and _");
        return std::nullopt;
    }
    auto value = environment_(name);
    if (!value)
        faults_.error(line, key + ": the environment variable " + name + " is not set; set it, or use ${file:PATH}");
    else if (!is_utf8(*value)) {
        faults_.error(line, key + ": the environment variable " + name + " is not UTF-8 text; encode it, for example as base64");
        wipe(*value);
        return std::nullopt;
    }
    return value;
}

std::optional<std::string> References::read_file(const std::string& name, int line, const std::string& key) {
    const auto fault = [&](const std::string& what) {
        faults_.error(line, key + ": the file " + shown(name) + " " + what);
        return std::nullopt;
    };
    if (name.empty()) {
        faults_.error(line, key + ": ${file:} names no file; write its path, relative to the configuration file");
        return std::nullopt;
    }
    const std::filesystem::path path = directory_ / name;
    // Non-blocking, so that a named pipe cannot hold the start up.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.fd < 0)
        return fault(std::string("cannot be read: ") + std::strerror(errno) + " (looked for " + path.lexically_normal().string() + ")");
    struct stat info {};
    if (::fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode)) return fault("is not a regular file");
    if (static_cast<size_t>(info.st_size) > k_most_secret_file) return fault("is larger than 64 KiB; a secret is shorter");
    std::string value(k_most_secret_file + 1, '\0');
    size_t size = 0;
    while (size < value.size()) {
        const ssize_t n = ::read(file.fd, value.data() + size, value.size() - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fault(std::string("cannot be read: ") + std::strerror(errno));
        if (n == 0) break;
        size += static_cast<size_t>(n);
    }
    std::string_view content(value.data(), size);
    if (size > k_most_secret_file) return wipe(value), fault("is larger than 64 KiB; a secret is shorter");
    if (content.ends_with('\n')) content.remove_suffix(content.ends_with("\r\n") ? 2 : 1);
    if (!is_utf8(content) || content.find('\0') != content.npos)
        return wipe(value), fault("does not hold UTF-8 text; encode it, for example as base64");
    if (info.st_mode & (S_IRGRP | S_IROTH))
        faults_.warning(line, key + ": the file " + shown(name) + " can be read by its group or by everyone; chmod 600 it");
    std::string out(content);
    wipe(value);
    return out;
}

} // namespace gh::config
