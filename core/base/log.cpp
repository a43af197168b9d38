#include "core/base/log.hpp"

#include "core/base/encoding.hpp"

#include <unistd.h>

#include <cstdio>

namespace gh {

namespace {

std::string_view to_text(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warning: return "warning";
        case Level::error: return "error";
    }
    return "info";
}

std::string number(double v) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", v);
    return text;
}

} // namespace

Log::Log(Level least, std::function<void(std::string_view)> sink) : least_(least), sink_(std::move(sink)) {
    if (!sink_)
        sink_ = [](std::string_view line) {
            // A full or closed stderr must not stop the server.
            [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
        };
}

void Log::write(Level level, std::string_view area, std::string_view message, std::initializer_list<LogField> fields) const {
    if (!enabled(level)) return;
    std::string line = "{\"time\":\"" + to_rfc3339(SystemClock().now()) + "\",\"level\":\"";
    line += to_text(level);
    line += "\",\"area\":";
    line += json_quote(area);
    line += ",\"message\":";
    line += json_quote(message);
    for (const auto& field : fields) {
        line += ',';
        line += json_quote(field.name);
        line += ':';
        if (const auto* text = std::get_if<std::string_view>(&field.value)) line += json_quote(*text);
        else if (const auto* integer = std::get_if<int64_t>(&field.value)) line += std::to_string(*integer);
        else line += number(std::get<double>(field.value));
    }
    line += "}\n";
    sink_(line);
}

} // namespace gh
