#include "core/base/encoding.hpp"
#include "core/cli/key_folder.hpp"
#include "core/cli/offline.hpp"
#include "core/cli/output.hpp"
#include "core/cli/raw_request.hpp"
#include "core/store/state_view.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>

namespace gh::cli {

namespace {

std::string read_all(Context& c, const std::string& name) {
    if (name == "-") return std::string(std::istreambuf_iterator<char>(c.terminal.in), {});
    std::ifstream file(name, std::ios::binary);
    if (!file || std::filesystem::is_directory(name))
        usage("cannot read " + name + ": give a file with a raw HTTP request, or - for stdin.");
    return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string_view to_text(Offer::Result r) {
    switch (r) {
        case Offer::Result::event:
            return "accepted";
        case Offer::Result::answer:
            return "answered";
        case Offer::Result::refused:
            return "refused";
        case Offer::Result::needs_job:
            return "undecided";
        case Offer::Result::fault:
            return "failed";
    }
    return "failed";
}

/// What the verifier said, in its order.
struct Said {
    std::string title, detail;
};

void add_json(json::Writer& w, const std::vector<Said>& said) {
    w.name("explained").array();
    for (const Said& s : said) {
        w.object().member("title", s.title);
        if (is_utf8(s.detail))
            w.member("detail", s.detail);
        else
            w.member("detail_base64", to_base64(s.detail));
        w.end();
    }
    w.end();
}

/// A table of what fits one line each; longer details, byte for byte but harmless for a terminal, indented under their titles.
void print_said(const Context& c, const std::vector<Said>& said) {
    const auto short_one = [](const Said& s) { return s.detail.size() <= 120 && s.detail.find('\n') == std::string::npos; };
    size_t width = 0;
    for (const Said& s : said)
        if (short_one(s)) width = std::max(width, s.title.size());
    for (const Said& s : said) {
        const std::string title = printable(s.title);
        if (short_one(s)) {
            c.terminal.out << title << std::string(width + 2 - std::min(title.size(), width), ' ') << printable(s.detail) << '\n';
            continue;
        }
        c.terminal.out << title << ":\n";
        for (size_t at = 0; at < s.detail.size();) {
            const size_t end = std::min(s.detail.find('\n', at), s.detail.size());
            c.terminal.out << "    " << printable(std::string_view(s.detail).substr(at, end - at)) << '\n';
            at = end + 1;
        }
    }
    if (!said.empty()) c.terminal.out << '\n';
}

void print_json(const Context& c, const Offer& o, const std::string& source, Time at, const std::vector<Said>& said) {
    json::Writer w;
    w.object()
        .member("result", to_text(o.result))
        .member("source", source)
        .member("at", to_rfc3339(at))
        .member("http_status", o.http_status);
    if (o.result == Offer::Result::event) {
        w.member("type", o.event.type).member("dedupe_key", o.event.dedupe_key).member("subject", o.event.subject);
        w.member("ordering_key", o.event.ordering_key);
        w.member("occurred_at", o.event.occurred_at ? std::optional(to_rfc3339(*o.event.occurred_at)) : std::nullopt);
    } else {
        w.member("code", o.code).member("hint", o.hint);
    }
    if (o.result == Offer::Result::event) w.member("trust", o.event.trust == store::Trust::verified ? "verified" : "unverified_origin");
    if (c.has("--explain")) add_json(w, said);
    w.end();
    c.terminal.out << w.take() << '\n';
}

void print_human(const Context& c, const Offer& o, const std::string& source) {
    std::ostream& out = c.terminal.out;
    out << coloured(to_text(o.result), c.terminal);
    const auto line = [&](const char* name, const std::string& value) {
        if (!value.empty()) out << "\n  " << name << printable(value);
    };
    line("source      ", source);
    if (o.result == Offer::Result::event) {
        line("type        ", o.event.type);
        line("dedupe key  ", o.event.dedupe_key);
        line("subject     ", o.event.subject);
        line("occurred at ", o.event.occurred_at ? to_rfc3339(*o.event.occurred_at) : "");
        if (o.event.trust != store::Trust::verified) line("trust       ", "unverified-origin: nothing but its address vouches for it");
    } else {
        line("code        ", o.code);
        line("hint        ", o.hint);
    }
    if (o.acceptance.signed_at) line("signed at   ", to_rfc3339(*o.acceptance.signed_at));
    if (o.result == Offer::Result::answer)
        line("            ", "genuine, and answered at once: a handshake or token request makes no event");
    if (o.http_status) line("HTTP status ", std::to_string(o.http_status));
    out << '\n';
}

/// The server's memory, where there is one on this machine: approved topics, tokens and what providers gave are not in the configuration.
std::unique_ptr<store::Store> remembered(const Context& c, const config::Config& config, const std::string& source) {
    std::error_code ignored;
    if (!std::filesystem::exists(config.store.sqlite, ignored)) return nullptr;
    auto view = store::make_state_view(config.store.sqlite);
    const auto readable = view->state("source:" + source);
    if (readable) return view;
    c.terminal.err << "note: what the server remembers of the source is not known here: " << readable.error().message << '\n';
    return nullptr;
}

} // namespace

int verify(Context& c) {
    if (!c.has("--source")) usage("verify needs --source NAME: the source whose verifier to run.");
    const std::string name = c.get("--source");
    const Time at = c.has("--at") ? *parse_rfc3339(c.time("--at")) : SystemClock().now();
    auto raw = parse_raw_request(read_all(c, c.positionals[0]));
    if (!raw) usage(c.positionals[0] + ": " + raw.error().message);
    raw->request.received_at = at;
    if (!raw->note.empty()) c.terminal.err << "note: " << raw->note << '\n';

    const auto loaded = config::load(c.config_file(), c.terminal.environment);
    if (!loaded) throw Failure{2, loaded.error().message};
    std::vector<std::string> names;
    for (const auto& s : (*loaded)->sources) names.push_back(s->name);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
        const std::string near = config::nearest(name, names);
        usage("there is no source \"" + name + "\" in the configuration" + (near.empty() ? "." : ", did you mean \"" + near + "\"?"));
    }

    std::optional<KeyFolder> keys;
    if (c.has("--certificates")) keys.emplace(c.get("--certificates"));
    plugin::Answerer answer;
    if (keys) answer = [&keys](const egress::Request& r) { return keys->answer(r); };

    std::vector<Said> said;
    Offline offline(at, remembered(c, **loaded, name));
    if (c.has("--explain"))
        offline.host().explain_to([&said](std::string_view title, std::string_view detail) {
            // A verifier that had to wait for a key is run twice.
            const auto same = [&](const Said& s) { return s.title == title && s.detail == detail; };
            if (std::none_of(said.begin(), said.end(), same)) said.push_back({std::string(title), std::string(detail)});
        });
    const auto generation = offline.host().load(**loaded);
    std::shared_ptr<plugin::Source> source;
    for (const auto& slot : generation->slots) {
        if (slot.config->name != name) continue;
        if (!slot.source) usage("source \"" + name + "\" cannot be opened: " + slot.reason);
        source = slot.source;
    }
    Offer result;
    if (const plugin::Route* route = find_route(*source, raw->request)) {
        // A capture from behind a proxy has another path; the plugin is told the one of its route.
        raw->request.path = route->path;
        result = offer(*source, *route, raw->request, at, answer);
    } else {
        result.result = Offer::Result::refused;
        result.http_status = 404;
        result.code = "no_route";
        result.hint = "No route of this source takes " + raw->request.method + " with this path.";
    }
    if (keys)
        for (const auto& why : keys->why()) c.terminal.err << "note: " << why << '\n';
    if (c.json()) {
        print_json(c, result, name, at, said);
    } else {
        if (c.has("--explain") && said.empty()) c.terminal.err << "note: this plugin's verifier explains nothing.\n";
        print_said(c, said);
        print_human(c, result, name);
    }
    return result.result == Offer::Result::event || result.result == Offer::Result::answer ? 0 : 1;
}

} // namespace gh::cli
