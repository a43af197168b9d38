#include "core/base/time.hpp"
#include "core/cli/command.hpp"

#include <charconv>

namespace gh::cli {

namespace {

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string near = config::nearest(word, candidates);
    return near.empty() ? "" : ", did you mean \"" + near + "\"?";
}

/// The same as the end of a sentence.
std::string sentence_end(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string s = suggestion(word, candidates);
    return s.empty() ? "." : s;
}

std::string_view first_word(std::string_view words) {
    return words.substr(0, words.find(' '));
}

const Option* find_option(std::string_view name, const Command* command) {
    for (const auto& o : global_options())
        if (o.name == name) return &o;
    if (command)
        for (const auto& o : command->options)
            if (o.name == name) return &o;
    return nullptr;
}

/// The command that the first words stand for; `used` says how many of them.
const Command* find_command(const std::vector<std::string>& words, size_t& used) {
    std::vector<std::string> firsts, seconds;
    const Command* list = nullptr;
    const Command* alone = nullptr;
    for (const auto& c : commands()) {
        firsts.emplace_back(first_word(c.words));
        if (first_word(c.words) != words[0]) continue;
        used = 1;
        if (c.words == words[0]) {
            alone = &c;
            continue;
        }
        const std::string second(c.words.substr(words[0].size() + 1));
        seconds.push_back(second);
        if (words.size() > 1 && words[1] == second) {
            used = 2;
            return &c;
        }
        if (second == "list") list = &c;
    }
    if (alone) return alone;
    if (seconds.empty())
        usage("there is no verb \"" + words[0] + "\"" + sentence_end(words[0], firsts) + " \"gatehouse --help\" lists all.");
    if (words.size() > 1) {
        std::string known;
        for (const auto& s : seconds) (known += known.empty() ? "" : ", ") += s;
        usage("there is no \"" + words[0] + " " + words[1] + "\"" + sentence_end(words[1], seconds) + " Known: " + known + ".");
    }
    if (!list) usage("\"" + words[0] + "\" needs a second word: see \"gatehouse --help\".");
    return list;
}

/// Splits into words and option texts without knowing the verb yet: an option's value is told from a word by the tables.
struct Split {
    std::vector<std::string> words;
    std::vector<std::pair<std::string, std::optional<std::string>>> options;
};

/// One name has one meaning in all verbs, so that the verb may stand behind its options.
const Option& any_option(const std::string& name) {
    std::vector<std::string> known;
    for (const auto& c : commands()) {
        if (const Option* o = find_option(name, &c)) return *o;
        for (const auto& o : c.options) known.emplace_back(o.name);
    }
    for (const auto& o : global_options()) known.emplace_back(o.name);
    usage("there is no option " + name + suggestion(name, known));
}

Split split(const std::vector<std::string>& arguments) {
    Split out;
    for (size_t i = 0; i < arguments.size(); ++i) {
        const std::string& a = arguments[i];
        if (a == "--") {
            out.words.insert(out.words.end(), arguments.begin() + static_cast<ptrdiff_t>(i) + 1, arguments.end());
            break;
        }
        if (a == "-h") {
            out.options.emplace_back("--help", std::nullopt);
        } else if (a.size() < 2 || a[0] != '-') {
            out.words.push_back(a);
        } else if (const size_t equals = a.find('='); equals != std::string::npos) {
            out.options.emplace_back(a.substr(0, equals), a.substr(equals + 1));
        } else if (!any_option(a).value.empty()) {
            if (i + 1 >= arguments.size()) usage(a + " needs a value.");
            out.options.emplace_back(a, arguments[++i]);
        } else {
            out.options.emplace_back(a, std::nullopt);
        }
    }
    return out;
}

void check_positionals(const Context& c) {
    const std::string wanted(c.command->positionals), name(c.command->words);
    size_t least = 0, most = 0;
    for (std::string_view rest = wanted; !rest.empty();) {
        const std::string_view one = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
        if (!one.starts_with('[')) ++least;
        most = one.find("…") == std::string_view::npos ? most + 1 : ~size_t{0};
    }
    const size_t given = c.positionals.size();
    if (given < least) usage("\"" + name + "\" needs " + wanted + ".");
    if (given <= most) return;
    usage("\"" + name + "\" takes " + (wanted.empty() ? "no arguments" : wanted) + ", not also \"" + c.positionals[most] + "\".");
}

std::optional<Time> parse_time(const std::string& text, Time now) {
    if (const auto t = parse_rfc3339(text)) return t;
    if (const auto t = parse_rfc3339(text + "T00:00:00Z")) return t;
    if (const auto d = parse_duration(text)) return now - *d;
    return std::nullopt;
}

} // namespace

void parse(const std::vector<std::string>& arguments, Context& c) {
    Split given = split(arguments);
    size_t used = 0;
    if (!given.words.empty()) {
        c.command = find_command(given.words, used);
        c.positionals.assign(given.words.begin() + static_cast<ptrdiff_t>(used), given.words.end());
    }
    for (auto& [name, value] : given.options) {
        const Option* option = find_option(name, c.command);
        if (!option) {
            std::vector<std::string> known;
            for (const auto& o : global_options()) known.emplace_back(o.name);
            if (c.command)
                for (const auto& o : c.command->options) known.emplace_back(o.name);
            const std::string where = c.command ? "\"" + std::string(c.command->words) + "\" has no option " : "there is no option ";
            usage(where + name + suggestion(name, known));
        }
        if (option->value.empty() && value) usage(name + " takes no value.");
        if (!option->value.empty() && !value) usage(name + " needs a value.");
        if (!c.options.emplace(name, value.value_or("")).second) usage(name + " is given more than once.");
    }
    if (c.command && !c.has("--help")) check_positionals(c);
}

std::string Context::get(std::string_view option) const {
    const auto at = options.find(option);
    return at == options.end() ? std::string() : at->second;
}

std::filesystem::path Context::config_file() const {
    if (has("--config")) return get("--config");
    if (const auto named = terminal.environment("GATEHOUSE_CONFIG"); named && !named->empty()) return *named;
    std::error_code ignored;
    for (const char* place : {"gatehouse.yaml", "/etc/gatehouse/gatehouse.yaml"})
        if (std::filesystem::exists(place, ignored)) return place;
    usage(
        "there is no configuration: neither ./gatehouse.yaml nor /etc/gatehouse/gatehouse.yaml exists. Name one with --config FILE or "
        "GATEHOUSE_CONFIG.");
}

std::string Context::time(std::string_view option) const {
    const std::string text = get(option);
    const auto t = parse_time(text, SystemClock().now());
    if (!t)
        usage(std::string(option) + " " + text +
              ": not a time. Write 2026-01-31T12:00:00Z, 2026-01-31, or a duration back from now such as 1h.");
    return to_rfc3339(*t);
}

size_t Context::limit() const {
    if (!has("--limit")) return 50;
    const std::string text = get("--limit");
    size_t n = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
    if (r.ec != std::errc() || r.ptr != text.data() + text.size() || n == 0) usage("--limit " + text + ": not a whole number above 0.");
    return n;
}

} // namespace gh::cli
