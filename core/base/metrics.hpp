// Counters, gauges and histograms, rendered as Prometheus text (exposition format 0.0.4).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gh {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
public:
    void add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<uint64_t> value_{0};
};

class Gauge {
public:
    void set(double v) { value_.store(v, std::memory_order_relaxed); }
    double value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<double> value_{0};
};

/// Cumulative buckets with fixed upper bounds.
class Histogram {
public:
    explicit Histogram(std::vector<double> bounds);
    void observe(double value, uint64_t times = 1);
    const std::vector<double>& bounds() const { return bounds_; }
    std::vector<uint64_t> counts() const; ///< one per bound, then the rest; not cumulative
    double sum() const { return sum_.load(std::memory_order_relaxed); }

private:
    std::vector<double> bounds_;
    std::unique_ptr<std::atomic<uint64_t>[]> counts_;
    std::atomic<double> sum_{0};
};

/// Owns all series. Looking a series up takes a lock: keep the reference, it lives as long as the registry. Any thread.
class Metrics {
public:
    Counter& counter(std::string_view name, std::string_view help, const Labels& = {});
    Gauge& gauge(std::string_view name, std::string_view help, const Labels& = {});
    Histogram& histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds, const Labels& = {});
    /// Called before each rendering, to set gauges that are read off something else.
    void before_render(std::function<void()>);
    std::string render() const;
    /// The counters of one family that carry `match`, by the value of their label `by`: {"stored": 12, "duplicate": 3}.
    std::map<std::string, uint64_t> counters(std::string_view name, const std::pair<std::string, std::string>& match, std::string_view by) const;

private:
    struct Family {
        std::string help;
        std::map<std::string, std::unique_ptr<Counter>> counters;
        std::map<std::string, Labels> counter_labels; ///< same keys as counters
        std::map<std::string, std::unique_ptr<Gauge>> gauges;
        std::map<std::string, std::unique_ptr<Histogram>> histograms;
    };
    mutable std::mutex mutex_;
    std::map<std::string, Family, std::less<>> families_;
    std::vector<std::function<void()>> before_render_;
};

/// Upper bounds in seconds for latencies from 0.5 ms to 60 s.
std::vector<double> latency_bounds();

} // namespace gh
