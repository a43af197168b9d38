// The table of verbs, and the arguments of one call. Help texts and error messages are made from the table.
#pragma once

#include "core/cli/cli.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gh::cli {

/// Ends the command: the message goes to stderr.
struct Failure {
    int code;
    std::string message;
};
[[noreturn]] inline void usage(std::string message) {
    throw Failure{2, std::move(message)};
}

struct Option {
    std::string_view name;  ///< "--source"
    std::string_view value; ///< "NAME"; empty: a flag
    std::string_view about;
};

struct Context;

struct Command {
    std::string_view words;       ///< "events show"; a second word "list" may be left out by the user
    std::string_view positionals; ///< "ID", "ID…" (one or more), "PROVIDER TYPE", "[PROVIDER…]"; empty: none
    std::string_view about;
    std::vector<Option> options;
    int (*run)(Context&);
};

const std::vector<Command>& commands();
const std::vector<Option>& global_options();

/// One call, taken apart and checked against its command.
struct Context {
    const Command* command = nullptr;
    Terminal& terminal;
    const ServeFunction& serve;
    std::map<std::string, std::string, std::less<>> options; ///< "--source" → value; flags → ""
    std::vector<std::string> positionals;

    bool has(std::string_view option) const { return options.contains(option); }
    std::string get(std::string_view option) const;
    bool json() const { return has("--json"); }
    /// The configuration file by the rules of --config. Exit 2 when there is none.
    std::filesystem::path config_file() const;
    /// --since and the like: RFC 3339, a date, or a duration before now ("1h"). RFC 3339 text; exit 2 when it is none of these.
    std::string time(std::string_view option) const;
    size_t limit() const; ///< of --limit; 50
};

/// Finds the command and its arguments. Exit 2 with a suggestion when something is not known. `command` null: only global options.
void parse(const std::vector<std::string>& arguments, Context&);

std::string help();               ///< of the program
std::string help(const Command&); ///< of one verb

// The verbs, each in the file of its noun.
int serve(Context&);
int check(Context&);
int verify(Context&);
int plugins_list(Context&);
int plugins_show(Context&);
int plugins_check(Context&);
int plugins_new(Context&);
int plugins_keygen(Context&);
int plugins_sign(Context&);
int plugins_verify(Context&);
int sources_list(Context&);
int destinations_list(Context&);
int destinations_enable(Context&);
int destinations_disable(Context&);
int destinations_pause(Context&);
int destinations_resume(Context&);
int routes_list(Context&);
int events_list(Context&);
int events_show(Context&);
int events_tail(Context&);
int deliveries_list(Context&);
int retry(Context&);
int replay(Context&);
int dead_list(Context&);
int quarantine_list(Context&);
int quarantine_reverify(Context&);
int recover(Context&);
int subscriptions_list(Context&);
int subscriptions_plan(Context&);
int subscriptions_apply(Context&);
int subscriptions_operations(Context&);
int subscriptions_call(Context&);
int sandbox_run(Context&);
int sandbox_show(Context&);
int sandbox_send(Context&);
int sandbox_call(Context&);
int sandbox_clock(Context&);
int sandbox_receive(Context&);

} // namespace gh::cli
