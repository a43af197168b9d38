// The configuration that fits the sandbox.
#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"
#include "core/base/json.hpp"
#include "core/egress/url.hpp"
#include "core/sandbox/runner.hpp"
#include "core/sandbox/sandbox.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace gh::sandbox {

namespace {

constexpr std::string_view k_first_line = "# Written by \"gatehouse sandbox\": simulated providers on this machine.";

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

/// JSON is YAML, but a "${" that is no reference has to be escaped.
std::string as_yaml(std::string_view json, const std::string& provider, const json::Value* secrets) {
    std::string out(json);
    replace_all(out, "${", "$${");
    if (secrets)
        for (const auto& [name, value] : secrets->members)
            replace_all(out, "$${secret:" + name + "}", "${file:secrets/" + provider + "_" + name + "}");
    return out;
}

/// Follows from the seed: a store that a gateway of the same sandbox wrote before can be opened again.
std::string secret_of(const Options& options, const char* what) {
    const auto key = sha256_parts({what, std::to_string(options.seed)});
    return to_base64({reinterpret_cast<const char*>(key.data()), key.size()});
}

Status write_file(const std::filesystem::path& file, const std::string& content, mode_t mode) {
    const std::filesystem::path temporary = file.string() + ".new";
    const auto failed = [&] { return Error{file.string() + ": cannot be written: " + std::strerror(errno)}; };
    ::unlink(temporary.c_str());
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) return failed();
    size_t written = 0;
    while (written < content.size()) {
        const ssize_t n = ::write(fd, content.data() + written, content.size() - written);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) break;
        written += static_cast<size_t>(n);
    }
    if (::close(fd) != 0 || written < content.size() || ::rename(temporary.c_str(), file.c_str()) != 0) return failed();
    return Done{};
}

} // namespace

Sandbox::Suggestion Sandbox::suggestion() const {
    Suggestion out;
    std::string& y = out.yaml;
    const auto gateway = egress::parse_url(options_.gateway);
    y.append(k_first_line).append("\n");
    y += "server: {listen: " + json_quote(gateway.ok() ? gateway->authority() : "127.0.0.1:8080") + ", admin: 127.0.0.1:8081}\n";
    y += "store: {sqlite: gatehouse.db, key: \"${file:secrets/store_key}\"}\nplugins: {directory: " +
         json_quote(std::filesystem::absolute(options_.plugins).lexically_normal().string()) + "}\nsources:\n";
    std::string routes;
    for (const auto& runner : runners_) {
        const std::string name = runner->library().name();
        const auto description = json::parse(runner->description());
        const json::Value* source = description.ok() ? description->find("source") : nullptr;
        if (!source) continue;
        const json::Value* secrets = description->find("secrets");
        const auto target = egress::parse_url(runner->target());
        const std::string plugin(source->text_of("plugin"));
        y += "  " + name + ":\n    plugin: " + (plugin.empty() ? name : plugin) +
             "\n    path: " + (target.ok() ? target->path : "/hooks/" + name) + "\n";
        for (const auto& [key, value] : source->members)
            if (key != "plugin") y += "    " + key + ": " + as_yaml(value.raw, name, secrets) + "\n";
        if (secrets)
            for (const auto& [secret, value] : secrets->members) out.secrets[name + "_" + secret] = value.text;
        routes += "  - {from: " + name + ", to: app}\n";
    }
    y += "destinations:\n  app: {url: " + json_quote(options_.application) + ", secret: \"${file:secrets/app}\"}\nroutes:\n" + routes;
    out.secrets["app"] = options_.application_secret.empty() ? "whsec_" + secret_of(options_, "application") : options_.application_secret;
    out.secrets["store_key"] = secret_of(options_, "store");
    return out;
}

std::string Sandbox::suggested_config() const {
    return suggestion().yaml;
}

Status Sandbox::write_config(const std::filesystem::path& file) const {
    if (std::ifstream existing(file); existing) {
        std::string first;
        std::getline(existing, first);
        if (first != k_first_line) return Error{file.string() + ": is there already, and the sandbox did not write it; name another file"};
    }
    const Suggestion suggested = suggestion();
    const auto directory = std::filesystem::absolute(file).parent_path() / "secrets";
    std::error_code fault;
    std::filesystem::create_directories(directory, fault);
    if (fault) return Error{directory.string() + ": cannot be created: " + fault.message()};
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, fault);
    for (const auto& [name, value] : suggested.secrets)
        if (auto written = write_file(directory / name, value + "\n", 0600); !written.ok()) return written;
    return write_file(file, suggested.yaml, 0644);
}

std::string Sandbox::summary() const {
    const std::string control = "http://" + config::Listen{options_.control.host, control_port(), {}}.text() + "/_control";
    std::string out = "control: " + control + "\n";
    for (const Provider& p : providers()) {
        out += p.name + ": API " + p.base_url + ", sends to " + p.target + "\n";
        const auto description = json::parse(p.description);
        const json::Value* types = description.ok() ? description->find("types") : nullptr;
        if (types && !types->items.empty()) out += "  gatehouse sandbox send " + p.name + " " + types->items[0].text + "\n";
    }
    return out;
}

} // namespace gh::sandbox
