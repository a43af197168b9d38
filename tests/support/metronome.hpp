// How long a machine with other work to do has kept this process from running: a test that checks a time of its own takes it off.
#pragma once

#include "core/base/time.hpp"

#include <atomic>
#include <thread>

namespace gh::test {

/// A thread that wants to run every few milliseconds and adds up how late it was. What the program under test does has no part in it,
/// unless it takes all of the machine's processors.
class Metronome {
public:
    Metronome() : thread_([this] { run(); }) {}
    ~Metronome() {
        ended_ = true;
        thread_.join();
    }
    Metronome(const Metronome&) = delete;
    Metronome& operator=(const Metronome&) = delete;

    /// Since it began; delays shorter than a tenth of a second are not counted.
    Millis lost() const { return Millis(lost_.load()) + late(Steady::now() - Steady::time_point(Steady::duration(last_.load()))); }

private:
    static constexpr Millis k_tick{20}, k_usual{100};

    static Millis late(Steady::duration since) {
        const auto took = std::chrono::duration_cast<Millis>(since);
        return took > k_usual ? took - k_tick : Millis(0);
    }
    void run() {
        while (!ended_) {
            std::this_thread::sleep_for(k_tick);
            const auto now = Steady::now().time_since_epoch().count();
            lost_ += late(Steady::duration(now - last_.load())).count();
            last_ = now;
        }
    }

    std::atomic<bool> ended_{false};
    std::atomic<Steady::rep> last_{Steady::now().time_since_epoch().count()};
    std::atomic<Millis::rep> lost_{0};
    std::thread thread_; ///< last: begins when everything else is there
};

} // namespace gh::test
