#include "core/cli/command.hpp"

namespace gh::cli {

namespace {

const Option k_source{"--source", "NAME", "only this source"};
const Option k_type{"--type", "TYPE", "only this event type; \"user.*\" for all that begin with \"user.\""};
const Option k_since{"--since", "TIME", "from this time on: RFC 3339, a date, or a duration back from now (1h, 7d)"};
const Option k_until{"--until", "TIME", "before this time"};
const Option k_search{"--search", "TEXT", "part of an id, subject, dedupe key or type"};
const Option k_limit{"--limit", "N", "at most this many, newest first (default 50)"};
const Option k_control{"--control", "HOST:PORT", "the sandbox's control address (default 127.0.0.1:8090)"};
const Option k_destination{"--destination", "NAME", "only this destination"};

const Option k_key{"--key", "FILE",
                   "for sign the private key (needed), for verify a public one (default: plugins.keys of the configuration)"};
const Option k_prune{"--prune", "", "also remove subscriptions of ours that are not wanted"};

std::vector<Command> table() {
    return {
        {"serve", "", "run the server (SIGHUP reloads the configuration, SIGTERM drains and ends)", {}, serve},
        {"check", "", "check the configuration and open every source, without serving", {}, check},
        {"verify",
         "REQUEST-FILE",
         "run a source's verifier offline over a captured raw HTTP request (\"-\" reads stdin)",
         {{"--source", "NAME", "the source whose verifier to run (needed)"},
          {"--at", "TIME", "set the clock to this time: RFC 3339, a date, or a duration back from now (default: now)"},
          {"--certificates", "DIR", "answer the verifier's requests for signing keys with the files of this folder, by file name"},
          {"--explain", "", "show how the verifier came to its answer; shows content of the message"}},
         verify},
        {"plugins list", "", "plugin files with version, ABI, generation, state and sources", {}, plugins_list},
        {"plugins show", "NAME", "one plugin with its routes and settings schema", {}, plugins_show},
        {"plugins check",
         "FILE.so",
         "check a plugin file against the rules: its samples, changed requests, jobs with every kind of answer, settings, random requests",
         {{"--answers", "FILE", "the provider's real answers to its API calls, a JSON list: fetch-back must make a document of them"},
          {"--fuzz", "TIME", "how long to send random requests (default 2s; 0s: not at all)"},
          {"--seed", "N", "which random requests (default: others every time; the report says which)"},
          {"--time-limit", "TIME", "how long each step of a check may take (default 10s)"},
          {"--all", "", "also show what passed"}},
         plugins_check},
        {"plugins new",
         "NAME [DIR]",
         "write the project of a new plugin into a new folder",
         {{"--template", "DIR", "folder with the template (default: that of the SDK installed with this program)"}},
         plugins_new},
        {"plugins keygen",
         "FILE",
         "make a key to sign plugins with: the private one in FILE, the public one in FILE.pub",
         {},
         plugins_keygen},
        {"plugins sign", "FILE.so", "sign a plugin file, into FILE.so.sig", {k_key}, plugins_sign},
        {"plugins verify", "FILE.so", "check a plugin file's signature and say whose it is", {k_key}, plugins_verify},
        {"sources list", "", "configured sources with state, routes and counters", {}, sources_list},
        {"destinations list", "", "configured destinations with state and counters", {}, destinations_list},
        {"destinations enable", "NAME", "deliver again after 410 Gone or disable", {}, destinations_enable},
        {"destinations disable", "NAME", "let its deliveries wait until it is enabled", {}, destinations_disable},
        {"destinations pause", "NAME", "let its deliveries wait; capture goes on", {}, destinations_pause},
        {"destinations resume", "NAME", "end a pause", {}, destinations_resume},
        {"routes list", "", "which events go to which destinations", {}, routes_list},
        {"events list",
         "",
         "stored events, newest first",
         {k_source,
          k_type,
          {"--status", "STATUS", "received, fetching, ready, delivered, dead, conflict or refused"},
          k_since,
          k_until,
          k_search,
          k_limit},
         events_list},
        {"events show", "ID", "one event with its request, document, deliveries and attempts", {}, events_show},
        {"events tail",
         "",
         "new events as they arrive, until interrupted",
         {k_source, k_type, {"--limit", "N", "end after this many"}},
         events_tail},
        {"deliveries list",
         "",
         "deliveries, newest first",
         {{"--event", "ID", "only of this event"},
          k_destination,
          k_source,
          k_type,
          {"--status", "STATUS", "pending, delivered, dead or cancelled"},
          k_since,
          k_until,
          k_limit},
         deliveries_list},
        {"retry", "ID…", "make deliveries pending again, now", {}, retry},
        {"replay",
         "",
         "deliver stored events once more",
         {k_source,
          k_type,
          k_since,
          k_until,
          {"--to", "DEST", "to this destination (default: wherever the routes lead)"},
          {"--dry-run", "", "only count"},
          {"--rate", "N/s", "deliveries per second (default: all at once)"},
          {"--all", "", "needed when nothing narrows the events down"}},
         replay},
        {"dead list", "", "dead deliveries, newest first", {k_destination, k_source, k_type, k_since, k_until, k_limit}, dead_list},
        {"quarantine list",
         "",
         "requests that could not be verified, newest first",
         {k_source, k_since, k_until, k_search, k_limit},
         quarantine_list},
        {"quarantine reverify",
         "",
         "verify them again as of the time they came, and release the genuine ones",
         {k_source, k_since, k_until},
         quarantine_reverify},
        {"recover",
         "",
         "ask a source's provider for what was missed",
         {{"--source", "NAME", "the source (needed)"},
          {"--since", "TIME", "from this time on (default: where the last run was cut off, else since the last outage, else a day)"},
          k_until,
          {"--dry-run", "", "only count"}},
         recover},
        {"subscriptions list", "", "subscriptions at the providers, asked now", {k_source}, subscriptions_list},
        {"subscriptions plan",
         "",
         "what is there, what differs from the configuration and what apply would do",
         {k_source, k_prune},
         subscriptions_plan},
        {"subscriptions apply", "", "make the subscriptions what the configuration wants", {k_source, k_prune}, subscriptions_apply},
        {"subscriptions operations",
         "SOURCE",
         "what can be asked of the source's provider by hand, and with which arguments",
         {},
         subscriptions_operations},
        {"subscriptions call",
         "SOURCE OPERATION [NAME=VALUE…]",
         "run one operation at the source's provider and show its result",
         {{"--arguments", "JSON", "the arguments as one JSON object, in place of NAME=VALUE"}},
         subscriptions_call},
        {"sandbox",
         "[PROVIDER…]",
         "run simulated providers on this machine, all or those named, until interrupted",
         {{"--write-config", "FILE", "write a fitting configuration for the gateway, with the secrets beside it"},
          {"--gateway", "URL", "where the gateway listens (default http://127.0.0.1:8080)"},
          {"--application", "URL", "the destination in that configuration (default http://127.0.0.1:3000/events)"},
          {"--plugins", "DIR", "the plugins' folder in that configuration (default plugins)"},
          {"--simulators", "DIR", "folder of the simulators (default: beside this program)"},
          {"--subscribed", "", "accounts begin with a subscription; default: where the gateway can subscribe, it has to"},
          k_control,
          {"--time-scale", "N", "simulated seconds per real one (default 1)"},
          {"--settings", "JSON", "an object with settings of the simulators, by provider: {\"acme\": {\"retries\": 3}}"},
          {"--seed", "N", "the same seed makes the same ids and secrets (default 1)"}},
         sandbox_run},
        {"sandbox show",
         "[PROVIDER]",
         "the simulated providers under way; one with its types, commands and faults",
         {k_control},
         sandbox_show},
        {"sandbox send",
         "PROVIDER TYPE",
         "let a simulated provider send notifications",
         {{"--count", "N", "how many"},
          {"--rate", "N/s", "that many per second (default: all at once)"},
          {"--tamper", "HOW", "spoil them: \"sandbox show PROVIDER\" lists how"},
          {"--with", "JSON", "an object with what else this provider's send takes"},
          k_control},
         sandbox_send},
        {"sandbox call", "PROVIDER COMMAND [JSON]", "any other command of a simulated provider", {k_control}, sandbox_call},
        {"sandbox clock",
         "",
         "tell the simulated time, or move it: what is due until then happens at once",
         {{"--advance", "DURATION", "move simulated time ahead by so much (6h, 7d)"},
          {"--skew", "DURATION", "let the providers' clocks be ahead of ours by so much, or behind (-4m); 0s: right again"},
          k_control},
         sandbox_clock},
        {"sandbox receive",
         "",
         "a small receiving application: verifies deliveries and prints one line for each, until interrupted",
         {{"--port", "N", "where it listens on 127.0.0.1 (default 3000; 0: any free one)"},
          {"--secret-file", "FILE", "the destination's secret (whsec_…) in its first line"},
          {"--fail-first", "N", "answer 500 to so many deliveries first"}},
         sandbox_receive},
    };
}

/// "events list" shown as "events [list]".
std::string shown_words(const Command& c) {
    if (!c.words.ends_with(" list")) return std::string(c.words);
    return std::string(c.words.substr(0, c.words.size() - 5)) + " [list]";
}

std::string option_lines(const std::vector<Option>& options) {
    size_t width = 0;
    for (const auto& o : options) width = std::max(width, o.name.size() + 1 + o.value.size());
    std::string out;
    for (const auto& o : options) {
        std::string left(o.name);
        if (!o.value.empty()) (left += ' ') += o.value;
        left.resize(width + 2, ' ');
        ((out += "  ") += left) += o.about;
        out += '\n';
    }
    return out;
}

} // namespace

const std::vector<Command>& commands() {
    static const std::vector<Command> k_commands = table();
    return k_commands;
}

const std::vector<Option>& global_options() {
    static const std::vector<Option> k_options = {
        {"--config", "FILE", "configuration (default: $GATEHOUSE_CONFIG, ./gatehouse.yaml, /etc/gatehouse/gatehouse.yaml)"},
        {"--admin", "URL",
         "the server's admin address (default: $GATEHOUSE_ADMIN, else from the configuration); token: $GATEHOUSE_ADMIN_TOKEN"},
        {"--json", "", "machine output: a list is one JSON object per line, a single thing one JSON document"},
        {"--help", "", "this help, or a verb's"},
        {"--version", "", "print the version"},
    };
    return k_options;
}

std::vector<std::string> verbs() {
    std::vector<std::string> out;
    for (const auto& c : commands()) out.emplace_back(c.words);
    return out;
}

std::string help() {
    std::string out =
        "Gatehouse receives webhooks: verified, stored before the sender hears 2xx, fetched back, delivered.\n\n"
        "Usage: gatehouse [OPTIONS] VERB …\n\nVerbs:\n";
    size_t width = 0;
    for (const auto& c : commands()) width = std::max(width, shown_words(c).size() + 1 + c.positionals.size());
    for (const auto& c : commands()) {
        std::string left = shown_words(c);
        if (!c.positionals.empty()) (left += ' ') += c.positionals;
        left.resize(width + 2, ' ');
        ((out += "  ") += left) += c.about;
        out += '\n';
    }
    out += "\nOptions:\n" + option_lines(global_options());
    return out +
           "\nExit: 0 done · 1 the thing asked about is not so · 2 usage or configuration error · 3 cannot reach the server\n"
           "\"gatehouse VERB --help\" tells a verb's options.\n";
}

std::string help(const Command& c) {
    std::string out = "Usage: gatehouse " + shown_words(c);
    if (!c.options.empty()) out += " [OPTIONS]";
    if (!c.positionals.empty()) (out += ' ') += c.positionals;
    ((out += "\n\n") += c.about) += '\n';
    if (!c.options.empty()) out += "\nOptions:\n" + option_lines(c.options);
    return out + "\nGlobal options:\n" + option_lines(global_options());
}

} // namespace gh::cli
