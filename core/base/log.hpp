// JSON lines on stderr: {"time":…,"level":…,"area":…,"message":…, further members}. Never a body, never a secret.
#pragma once

#include "core/base/time.hpp"

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace gh {

enum class Level { debug, info, warning, error };

/// One member of a log line. Standard names: source, plugin, event, destination, delivery, reason, status, remote.
struct LogField {
    std::string_view name;
    std::variant<std::string_view, int64_t, double> value;
    LogField(std::string_view n, std::string_view v) : name(n), value(v) {}
    LogField(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
    LogField(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
    template <class I>
        requires std::is_integral_v<I>
    LogField(std::string_view n, I v) : name(n), value(static_cast<int64_t>(v)) {}
    LogField(std::string_view n, double v) : name(n), value(v) {}
};

/// Thread-safe; one write(2) per line. Passed by reference to whoever logs; outlives them.
class Log {
public:
    /// `sink` gets whole lines, newline included; default: stderr.
    explicit Log(Level least = Level::info, std::function<void(std::string_view line)> sink = {});

    void write(Level, std::string_view area, std::string_view message, std::initializer_list<LogField> = {}) const;
    void debug(std::string_view area, std::string_view m, std::initializer_list<LogField> f = {}) const { write(Level::debug, area, m, f); }
    void info(std::string_view area, std::string_view m, std::initializer_list<LogField> f = {}) const { write(Level::info, area, m, f); }
    void warning(std::string_view area, std::string_view m, std::initializer_list<LogField> f = {}) const { write(Level::warning, area, m, f); }
    void error(std::string_view area, std::string_view m, std::initializer_list<LogField> f = {}) const { write(Level::error, area, m, f); }
    bool enabled(Level level) const { return level >= least_; }

private:
    Level least_;
    std::function<void(std::string_view)> sink_;
};

} // namespace gh
