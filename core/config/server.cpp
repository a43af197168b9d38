#include "core/config/listen.hpp"
#include "core/config/sections.hpp"

#include <sys/stat.h>

#include <fstream>

namespace gh::config {

namespace {

constexpr size_t k_least_key = 16; // characters; what is shorter can be guessed

std::optional<Tls> read_tls(Context& context, const Node& node, int line, const std::string& where) {
    Section s(context, node, line, where, {"certificate", "key", "client_ca"});
    Tls tls;
    const bool certificate =
        s.required("certificate", "the file with the certificate chain (PEM)") && s.file("certificate", tls.certificate);
    const bool key = s.required("key", "the file with the private key (PEM)") && s.file("key", tls.key);
    s.file("client_ca", tls.client_ca);
    return certificate && key ? std::optional(std::move(tls)) : std::nullopt;
}

std::optional<Listen> read_address(Context& context, const Node& node, int line, const std::string& where) {
    const auto text = read_text(context, node, line, where, false);
    if (!text) return std::nullopt;
    auto listen = parse_listen(text->text);
    if (!listen.ok()) {
        context.faults.error(node.line,
                             where + ": expected " + k_listen_form + ", found " + shown(node.text) + "; " + listen.error().message);
        return std::nullopt;
    }
    return std::move(*listen);
}

void read_token(Section& s, const Node::Entry& e, const std::string& where, Secret& token) {
    auto value = read_text(s.context(), *e.value, e.line, where, true);
    if (!value) return;
    if (value->text.empty()) {
        s.context().faults.error(e.line, where + ": is empty; give a long random text, such as the output of \"openssl rand -hex 32\"");
    } else if (value->text.find_first_of(" \t\r\n") != std::string::npos) {
        s.context().faults.error(e.line, where + ": holds white space; a bearer token has none (RFC 6750 section 2.1)");
    } else {
        token = Secret(value->text);
        if (!value->by_reference)
            s.context().faults.warning(e.line, where + ": a secret stands here literally; use ${env:NAME} or ${file:PATH}");
    }
    wipe(value->text);
}

/// "host:port", or a mapping with address, tls and, where `token` is given, token.
std::optional<Listen> read_listen(Context& context, const Node& node, int line, const std::string& where, Secret* token) {
    if (node.kind != Node::Kind::mapping) return read_address(context, node, line, where);
    std::vector<std::string> keys = {"address", "tls"};
    if (token) keys.push_back("token");
    Section s(context, node, line, where, keys);
    std::optional<Listen> out;
    if (const auto* e = s.required("address", "an address and a port, such as 127.0.0.1:8080"))
        out = read_address(context, *e->value, e->line, s.name("address"));
    if (const auto* e = s.entry("tls")) {
        auto tls = read_tls(context, *e->value, e->line, s.name("tls"));
        if (out) out->tls = std::move(tls);
    }
    if (const auto* e = s.entry("token"); e && token) read_token(s, *e, s.name("token"), *token);
    return out;
}

/// A key file decides whose code runs here, as the plugin files themselves do.
std::string read_key(const std::filesystem::path& file, ed25519::PublicKey& out) {
    struct stat info {};
    std::error_code fault;
    if (::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return "cannot be read, or is not a regular file";
    if (info.st_mode & (S_IWGRP | S_IWOTH)) return "group or others may write it, and so choose who is trusted; chmod go-w";
    std::ifstream in(file, std::ios::binary);
    std::string text(16 * 1024, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(in.gcount()));
    if (in.bad() || text.empty()) return "cannot be read, or is empty";
    const auto key = ed25519::PublicKey::from_pem(text);
    wipe(text); // a private key, perhaps, by mistake
    if (!key) return key.error().message;
    out = *key;
    return {};
}

void read_keys(Section& s, std::vector<TrustedKey>& keys) {
    std::vector<std::string> files;
    if (!s.names("keys", files)) return;
    for (const auto& file : files) {
        TrustedKey key;
        key.file = (s.context().directory / file).lexically_normal();
        if (const auto fault = read_key(key.file, key.key); !fault.empty())
            s.context().faults.error(s.entry("keys")->line, s.name("keys") + ": " + key.file.string() + ": " + fault);
        else
            keys.push_back(std::move(key));
    }
}

} // namespace

void read_server(Context& context, const Node& node, int line, Server& server, Lines& lines) {
    Section s(context, node, line, "server", {"listen", "tls", "admin", "token", "workers", "drain"});
    if (const auto* e = s.entry("listen")) {
        std::vector<std::shared_ptr<const Node>> items;
        if (e->value->kind == Node::Kind::sequence)
            items = e->value->items;
        else
            items = {e->value};
        if (items.empty()) context.faults.error(e->line, "server.listen: the list is empty; give at least one address");
        server.listen.clear();
        lines.listen.clear();
        for (size_t i = 0; i < items.size(); ++i) {
            const std::string where = e->value->kind == Node::Kind::sequence ? "server.listen[" + std::to_string(i) + "]" : "server.listen";
            auto listen = read_listen(context, *items[i], e->line, where, nullptr);
            if (!listen) continue;
            server.listen.push_back(std::move(*listen));
            lines.listen.push_back({context.faults.file(), items[i]->line});
        }
    }
    if (const auto* e = s.entry("tls")) {
        if (const auto tls = read_tls(context, *e->value, e->line, "server.tls"))
            for (Listen& listen : server.listen)
                if (!listen.tls) listen.tls = tls;
    }
    Secret token;
    if (const auto* e = s.entry("admin")) {
        if (auto admin = read_listen(context, *e->value, e->line, "server.admin", &token)) server.admin = std::move(*admin);
        lines.admin = {context.faults.file(), e->line};
    }
    if (const auto* e = s.entry("token")) {
        if (!token.empty()) context.faults.error(e->line, "server.token: server.admin.token is given too; remove one");
        read_token(s, *e, "server.token", token);
    }
    if (!token.empty()) server.admin_token = std::move(token);
    s.integer("workers", server.workers, 1, 256);
    s.duration("drain", server.drain, Millis(0), std::chrono::hours(1));
}

void read_store(Context& context, const Node& node, int line, Store& store) {
    Section s(context, node, line, "store", {"sqlite", "retention", "quarantine_bytes", "quarantine_rate", "key", "postgresql"});
    if (const auto* e = s.entry("postgresql")) context.faults.error(e->line, "store.postgresql: is not available yet; use store.sqlite");
    s.file("sqlite", store.sqlite);
    s.duration("retention", store.retention, std::chrono::minutes(1), std::chrono::hours(24 * 3660));
    s.bytes("quarantine_bytes", store.quarantine_bytes, 0);
    s.rate("quarantine_rate", store.quarantine_rate);
    if (const auto* e = s.entry("key")) {
        auto key = read_text(context, *e->value, e->line, "store.key", true);
        if (!key) return;
        if (key->text.size() < k_least_key)
            context.faults.error(e->line, "store.key: is shorter than 16 characters; make one with: openssl rand -base64 32");
        else if (!key->by_reference)
            context.faults.warning(e->line, "store.key: stands in the file itself; move it out and write ${env:NAME} or ${file:PATH}");
        store.key = Secret(key->text);
        wipe(key->text);
    }
}

void read_plugins(Context& context, const Node& node, int line, Plugins& plugins) {
    Section s(context, node, line, "plugins", {"directory", "signatures", "keys", "isolation", "overrides"});
    const std::vector<std::pair<std::string, Isolation>> choices = {{"none", Isolation::none}, {"process", Isolation::process}};
    s.file("directory", plugins.directory);
    read_keys(s, plugins.keys);
    const std::vector<std::pair<std::string, Signatures>> signatures = {{"required", Signatures::required},
                                                                        {"allow-unsigned", Signatures::allow_unsigned}};
    if (s.choice("signatures", plugins.signatures, signatures) && plugins.signatures == Signatures::required && !s.entry("keys"))
        context.faults.error(s.entry("signatures")->line,
                             "plugins.signatures: required needs plugins.keys, the public key files of those whose plugins may run here");
    s.choice("isolation", plugins.isolation, choices);
    if (const auto* e = s.entry("overrides")) {
        std::vector<std::string> names;
        if (e->value->kind == Node::Kind::mapping)
            for (const auto& entry : e->value->entries) names.push_back(entry.key);
        else {
            context.faults.error(
                e->line, "plugins.overrides: expected a mapping from a plugin's name to none or process, found " + e->value->described());
            return;
        }
        Section overrides(context, *e->value, e->line, "plugins.overrides", names);
        for (const std::string& name : names) {
            Isolation isolation = Isolation::none;
            if (overrides.choice(name, isolation, choices)) plugins.overrides[name] = isolation;
        }
    }
}

} // namespace gh::config
