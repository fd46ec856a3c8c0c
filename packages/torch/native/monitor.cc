#include "monitor.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <sstream>
#include <thread>
#include <utility>

namespace paramwise {

namespace {

using std::chrono::milliseconds;

// Often enough to name a rank within a second, seldom enough for a store that hears thousands.
milliseconds interval_of(int size) { return milliseconds(200 + 2 * size); }
// Signs of one that lives change within this many intervals, whatever the machine is busy with.
constexpr int kPatience = 4;

// How long ranks that leave wait for one another.
constexpr milliseconds kFarewell(2000);

constexpr milliseconds kEnd(50);

const char* const kOver = "paramwise/over";
const char* const kGone = "paramwise/gone";
std::string key_of(int rank) { return "paramwise/alive/" + std::to_string(rank); }

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }
std::string text_of(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

std::string list_of(const std::vector<int>& ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < ranks.size(); i++) text += (i == 0 ? "" : ", ") + std::to_string(ranks[i]);
  return text;
}

std::vector<int> ranks_in(const std::string& text) {
  std::vector<int> ranks;
  std::istringstream in(text);
  for (int rank; in >> rank;) ranks.push_back(rank);
  return ranks;
}

// The second number of a sign.
uint64_t operations_of(const std::string& sign) {
  const auto space = sign.find(' ');
  return space == std::string::npos ? 0 : std::strtoull(sign.c_str() + space, nullptr, 10);
}

}  // namespace

Monitor::Monitor(Place place, c10::intrusive_ptr<c10d::Store> store)
    : place_(std::move(place)), store_(std::move(store)), interval_(interval_of(place_.size)) {}

void Monitor::start() {
  beat();
  // The thread holds the monitor: it may hang in the store when everybody else has let go.
  std::thread([self = shared_from_this()] { self->run(); }).detach();
}

void Monitor::stop(bool together) {
  std::unique_lock<std::mutex> lock(mutex_);
  stopping_ = true;
  together_ = together && !finding_ && !failed_;
  changed_.notify_all();
  changed_.wait_for(lock, 2 * interval_ + (together_ ? kFarewell + 4 * kEnd : milliseconds(0)), [&] { return ended_; });
}

void Monitor::leave() {
  store_->set(key_of(place_.rank), bytes_of("left"));
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!together_ || !place_.holder_rank || place_.size == 1) return;
  }
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < kFarewell) {
    if (place_.holds_store ? others_left() : store_->check({kOver})) break;
    std::this_thread::sleep_for(milliseconds(5));
  }
  // The others hear of the end before the store goes, and are done after it went.
  if (place_.holds_store) store_->set(kOver, bytes_of("1"));
  std::this_thread::sleep_for(place_.holds_store ? kEnd : 3 * kEnd);
}

// A rank that gives no signs, as Python's, is not waited for.
bool Monitor::others_left() {
  const auto found = signs();
  for (int rank = 0; rank < place_.size; rank++) {
    const Sign& sign = found[static_cast<size_t>(rank)];
    if (rank != place_.rank && !sign.text.empty() && !sign.left()) return false;
  }
  return true;
}

void Monitor::run() {
  try {
    while (!pause(interval_)) {
      beat();
      adopt_others_finding();
      bool asked;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        asked = std::exchange(asked_, false) && !finding_;
      }
      if (asked) look();
    }
    leave();
  } catch (const std::exception&) {
    give_up();
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

bool Monitor::pause(milliseconds length) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait_for(lock, length, [&] { return stopping_ || (asked_ && !finding_); });
  return stopping_;
}

void Monitor::beat() {
  const std::string sign = std::to_string(++beats_) + " " + std::to_string(operations_);
  store_->set(key_of(place_.rank), bytes_of(sign));
}

std::vector<Monitor::Sign> Monitor::signs() {
  std::vector<Sign> found(static_cast<size_t>(place_.size));
  for (int rank = 0; rank < place_.size; rank++)
    if (store_->check({key_of(rank)})) found[static_cast<size_t>(rank)].text = text_of(store_->get(key_of(rank)));
  return found;
}

void Monitor::look() {
  const auto before = signs();
  for (int i = 0; i < kPatience; i++) {
    // Not `pause`: whoever asks meanwhile waits for this look.
    std::this_thread::sleep_for(interval_);
    beat();
    adopt_others_finding();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (finding_ || stopping_) return;
  }
  find_silent(before, signs());
}

void Monitor::find_silent(const std::vector<Sign>& before, const std::vector<Sign>& after) {
  std::vector<int> gone, left;
  for (int rank = 0; rank < place_.size; rank++) {
    const Sign& sign = after[static_cast<size_t>(rank)];
    if (rank == place_.rank || sign.text.empty() || sign.text != before[static_cast<size_t>(rank)].text) continue;
    (sign.left() ? left : gone).push_back(rank);
  }
  if (gone.empty() && left.empty()) {
    const std::lock_guard<std::mutex> lock(mutex_);
    last_look_ = behind(after);
    asked_ = false;
    changed_.notify_all();
    return;
  }
  if (gone.empty()) {
    conclude({left, list_of(left) + " left the run"});
    return;
  }
  // The first finding holds for all: a rank that ends because of it is soon silent itself.
  std::string text;
  for (const int rank : gone) text += std::to_string(rank) + " ";
  const auto agreed = ranks_in(text_of(store_->compareSet(kGone, {}, bytes_of(text))));
  const auto& named = agreed.empty() ? gone : agreed;
  conclude({named, list_of(named) + (named.size() == 1 ? " is" : " are") + " gone: no sign of life any more"});
}

std::string Monitor::behind(const std::vector<Sign>& after) const {
  std::vector<int> late;
  for (int rank = 0; rank < place_.size; rank++) {
    const auto& text = after[static_cast<size_t>(rank)].text;
    if (rank != place_.rank && !text.empty() && operations_of(text) < operations_) late.push_back(rank);
  }
  if (late.empty()) return "all ranks give signs of life";
  return list_of(late) + (late.size() == 1 ? " lives" : " live") + " but has not come to this operation";
}

void Monitor::adopt_others_finding() {
  if (!store_->check({kGone})) return;
  const auto gone = ranks_in(text_of(store_->get(kGone)));
  const std::lock_guard<std::mutex> lock(mutex_);
  if (finding_ || gone.empty()) return;
  finding_ = Finding{gone, list_of(gone) + (gone.size() == 1 ? " is" : " are") + " gone: no sign of life any more"};
  asked_ = false;
  changed_.notify_all();
}

void Monitor::conclude(Finding finding) {
  // Whoever holds the store ends it with itself: the others have to have read the finding before.
  if (place_.holds_store)
    for (int i = 0; i < 2; i++) {
      std::this_thread::sleep_for(interval_);
      beat();
    }
  const std::lock_guard<std::mutex> lock(mutex_);
  finding_ = std::move(finding);
  asked_ = false;
  changed_.notify_all();
}

void Monitor::give_up() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (finding_ || stopping_) return;
  finding_ = holder_lost(" is gone: its store cannot be reached any more");
  changed_.notify_all();
}

Monitor::Finding Monitor::holder_lost(const char* how) const {
  std::vector<int> gone;
  if (place_.holder_rank) gone.push_back(*place_.holder_rank);
  return {gone, place_.holder + how};
}

std::string Monitor::explain() {
  std::unique_lock<std::mutex> lock(mutex_);
  failed_ = true;
  unexplained_ = false;
  if (!finding_ && !ended_) {
    asked_ = true;
    last_look_.clear();
    changed_.notify_all();
    const auto limit = (kPatience + 4) * interval_ + std::chrono::seconds(1);
    changed_.wait_for(lock, limit, [&] { return finding_ || ended_ || !last_look_.empty(); });
  }
  if (finding_) return finding_->text;
  if (!last_look_.empty()) return last_look_;
  if (ended_) return "this rank has left the run";
  finding_ = holder_lost(" does not answer: its store cannot be reached");
  return finding_->text;
}

std::vector<int> Monitor::lost() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return finding_ ? finding_->gone : std::vector<int>();
}

}  // namespace paramwise
