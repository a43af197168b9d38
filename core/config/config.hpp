// The configuration: YAML into typed immutable values. An unknown key is an error with file, line and a suggestion; secrets come only by
// reference (${env:NAME}, ${file:PATH}), never from a template that expands for others. etc/gatehouse.yaml is the commented reference.
#pragma once

#include "core/base/ed25519.hpp"
#include "core/base/result.hpp"
#include "core/base/secret.hpp"
#include "core/base/time.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gh::config {

/// Where something stands: "gatehouse.yaml:14". Line 0: the file as a whole, or (then `file` is its name) an environment variable.
struct Position {
    std::string file;
    int line = 0;
    std::string text() const { return line == 0 ? file : file + ":" + std::to_string(line); }
};

struct Tls {
    std::filesystem::path certificate;
    std::filesystem::path key;
    std::filesystem::path client_ca; ///< empty: clients need no certificate
};

struct Listen {
    std::string host; ///< numeric address or name
    uint16_t port = 0;
    std::optional<Tls> tls;
    bool loopback() const;
    std::string text() const; ///< "127.0.0.1:8080", "[::1]:8080"
};

struct Server {
    std::vector<Listen> listen;
    Listen admin;
    Secret admin_token; ///< empty: admin only on loopback
    int workers = 2;    ///< threads that verify
    Millis drain{30'000};
};

struct Store {
    std::filesystem::path sqlite; ///< relative to the config file
    Millis retention = std::chrono::hours(24 * 30);
    uint64_t quarantine_bytes = 64u << 20;
    double quarantine_rate = 50; ///< per source and second; beyond it only counted
    Secret key;                  ///< encrypts the secrets that providers give; empty: none can be kept
};

enum class Isolation { none, process };
/// Whether a plugin file needs a signature by one of the keys. One that is there must be good in any case.
enum class Signatures { required, allow_unsigned };
/// A public key whose owner's plugins are trusted.
struct TrustedKey {
    std::filesystem::path file;
    ed25519::PublicKey key;
    std::string name() const { return file.stem().string() + " (" + key.id() + ")"; } ///< "acme (ed25519:…)"
    bool operator==(const TrustedKey&) const = default;
};
struct Plugins {
    std::filesystem::path directory;
    Signatures signatures = Signatures::allow_unsigned;
    std::vector<TrustedKey> keys;
    Isolation isolation = Isolation::none;
    std::map<std::string, Isolation> overrides;
};

enum class FetchBackMode { off, best_effort, required };
struct FetchBack {
    FetchBackMode mode = FetchBackMode::best_effort;
    double rate = 0;    ///< fetches per second, 0 = no limit
    Millis coalesce{0}; ///< events with one subject within this time cost one fetch
    int concurrency = 8;
};

/// A plugin's settings as they were written, references resolved. The plugin's schema says later which are secret.
struct Settings {
    /// JSON object text. Values that came by reference are in here, so this text is itself secret: wiped, never printed.
    Secret json;
    struct Origin {
        Position position;
        bool by_reference = false;
    };
    /// By JSON Pointer ("/api_key", "/clients/0/secret").
    std::map<std::string, Origin> origins;
};

/// The keys of a `subscription:` block that are the host's own; all others are the plugin's.
struct Reconcile {
    bool automatic = false;                  ///< reconcile: auto | manual
    Millis every{300'000};                   ///< how often the provider is asked, with jitter
    Millis overlap = std::chrono::hours(48); ///< how long secrets from before a new one are accepted
};

struct Source {
    std::string name;
    std::string plugin;
    std::string path;         ///< "/hooks/bank"; may contain a resolved secret: print display_path
    std::string display_path; ///< references shown as written
    Settings settings;
    FetchBack fetch_back;
    std::optional<Settings> subscription; ///< the plugin's part of the block; checked when the source is opened
    Reconcile reconcile;
    bool recover_automatically = false; ///< recover: auto | offer
    Position position;
};

enum class Format { raw, cloudevents_binary, cloudevents_structured };
enum class Ordering { none, key };
/// What a delivery carries: the request as received, the fetched document, or a JSON envelope with both.
enum class Payload { notification, document, both };
struct Destination {
    std::string name;
    std::string url;
    std::vector<Secret> secrets; ///< Standard Webhooks secrets; several during a rotation: every one signs
    Format format = Format::raw;
    Payload payload = Payload::notification;
    int concurrency = 16;
    Millis timeout{15'000};
    Ordering ordering = Ordering::none;
    std::vector<Millis> retry; ///< waits between attempts; default 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h
    Position position;
};

struct Route {
    std::vector<std::string> from;  ///< source names
    std::vector<std::string> types; ///< patterns "*", "user.*", exact; empty = any
    std::vector<std::string> to;    ///< destination names
    Position position;
};

struct Diagnostic {
    Position position;
    std::string message;
    std::string text() const { return position.text() + ": " + message; }
};

struct Config {
    std::filesystem::path file;
    Server server;
    Store store;
    Plugins plugins;
    std::vector<std::shared_ptr<const Source>> sources;           ///< in file order, names unique
    std::vector<std::shared_ptr<const Destination>> destinations; ///< in file order, names unique
    std::vector<Route> routes;
    std::vector<Diagnostic> warnings; ///< e.g. a literal where a secret belongs
};

/// Looks one environment variable up; tests give their own.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

/// Reads and checks the whole file. On failure the error's message has one line per fault, each "file:line: what, and what to do".
/// Also applied: GATEHOUSE_LISTEN, GATEHOUSE_ADMIN, GATEHOUSE_ADMIN_TOKEN, GATEHOUSE_STORE, GATEHOUSE_PLUGINS over the file's values.
Result<std::shared_ptr<const Config>> load(const std::filesystem::path&, const Environment& = process_environment());

/// The candidate nearest to `word` by edit distance (insert, delete, replace, swap), if near enough to be meant; else empty.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

} // namespace gh::config
