#include "core/base/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace gh {

namespace {

std::string number(double v) {
    if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
    if (std::isnan(v)) return "NaN";
    char text[32];
    std::snprintf(text, sizeof text, "%.12g", v);
    return text;
}

/// name="value",… with the three escapes of the exposition format.
std::string label_text(const Labels& labels) {
    std::string out;
    for (const auto& [name, value] : labels) {
        if (!out.empty()) out += ',';
        out += name + "=\"";
        for (const char c : value) {
            if (c == '\n') out += "\\n";
            else if (c == '"' || c == '\\') (out += '\\') += c;
            else out += c;
        }
        out += '"';
    }
    return out;
}

std::string series(const std::string& name, const std::string& labels, std::string_view extra = {}) {
    if (labels.empty() && extra.empty()) return name;
    std::string out = name + '{' + labels;
    if (!labels.empty() && !extra.empty()) out += ',';
    out += extra;
    return out + '}';
}

} // namespace

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(new std::atomic<uint64_t>[bounds_.size() + 1]()) {}

void Histogram::observe(double value, uint64_t times) {
    const auto at = static_cast<size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin());
    counts_[at].fetch_add(times, std::memory_order_relaxed);
    sum_.fetch_add(value * static_cast<double>(times), std::memory_order_relaxed);
}

std::vector<uint64_t> Histogram::counts() const {
    std::vector<uint64_t> out(bounds_.size() + 1);
    for (size_t i = 0; i < out.size(); ++i) out[i] = counts_[i].load(std::memory_order_relaxed);
    return out;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
    const std::lock_guard lock(mutex_);
    Family& family = families_[std::string(name)];
    family.help = help;
    const std::string key = label_text(labels);
    auto& slot = family.counters[key];
    if (!slot) {
        slot = std::make_unique<Counter>();
        family.counter_labels[key] = labels;
    }
    return *slot;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
    const std::lock_guard lock(mutex_);
    Family& family = families_[std::string(name)];
    family.help = help;
    auto& slot = family.gauges[label_text(labels)];
    if (!slot) slot = std::make_unique<Gauge>();
    return *slot;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds, const Labels& labels) {
    const std::lock_guard lock(mutex_);
    Family& family = families_[std::string(name)];
    family.help = help;
    auto& slot = family.histograms[label_text(labels)];
    if (!slot) slot = std::make_unique<Histogram>(bounds);
    return *slot;
}

void Metrics::before_render(std::function<void()> f) {
    const std::lock_guard lock(mutex_);
    before_render_.push_back(std::move(f));
}

std::string Metrics::render() const {
    std::vector<std::function<void()>> refresh;
    {
        const std::lock_guard lock(mutex_);
        refresh = before_render_;
    }
    for (const auto& f : refresh) f();

    const std::lock_guard lock(mutex_);
    std::string out;
    for (const auto& [name, family] : families_) {
        out += "# HELP " + name + ' ' + family.help + '\n';
        out += "# TYPE " + name + (family.counters.empty() ? family.gauges.empty() ? " histogram\n" : " gauge\n" : " counter\n");
        for (const auto& [labels, c] : family.counters) out += series(name, labels) + ' ' + std::to_string(c->value()) + '\n';
        for (const auto& [labels, g] : family.gauges) out += series(name, labels) + ' ' + number(g->value()) + '\n';
        for (const auto& [labels, h] : family.histograms) {
            const auto counts = h->counts();
            uint64_t sum = 0;
            for (size_t i = 0; i < counts.size(); ++i) {
                sum += counts[i];
                const std::string bound = i < h->bounds().size() ? number(h->bounds()[i]) : "+Inf";
                out += series(name + "_bucket", labels, "le=\"" + bound + '"') + ' ' + std::to_string(sum) + '\n';
            }
            out += series(name + "_sum", labels) + ' ' + number(h->sum()) + '\n';
            out += series(name + "_count", labels) + ' ' + std::to_string(sum) + '\n';
        }
    }
    return out;
}

std::map<std::string, uint64_t> Metrics::counters(std::string_view name, const std::pair<std::string, std::string>& match,
                                                  std::string_view by) const {
    std::map<std::string, uint64_t> out;
    const std::lock_guard lock(mutex_);
    const auto family = families_.find(name);
    if (family == families_.end()) return out;
    for (const auto& [key, counter] : family->second.counters) {
        const Labels& labels = family->second.counter_labels.at(key);
        if (std::find(labels.begin(), labels.end(), match) == labels.end()) continue;
        for (const auto& [label, value] : labels)
            if (label == by) out[value] += counter->value();
    }
    return out;
}

std::vector<double> latency_bounds() {
    return {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60};
}

} // namespace gh
