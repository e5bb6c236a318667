// The sockets' core: what a harvest tells and how much it takes, sending to slow readers, every way a connection ends, and
// running out of descriptors.
#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <set>

#include "harness.h"
#include "socket-clients.h"

using namespace basalt;
using namespace basalt_test;

/** Runs with sockets that are served together and, as where the kernel has no rings, with such that are served one by one. */
#define SOCKETS_TEST(name)                       \
  static void name##Of(bool batches);            \
  TEST(name) { name##Of(true); }                 \
  TEST(name##OneByOne) { name##Of(false); }      \
  static void name##Of(bool batches)

namespace {

using SendResult = SocketSet::SendResult;

SendResult SendText(SocketsUnderTest& sockets, int32_t id, const std::string& text) {
  return sockets.set().Send(id, text.data(), text.size());
}

/** Sends to a client that does not read, until the kernel refuses; returns what was sent. */
std::string FillUp(SocketsUnderTest& sockets, int32_t id) {
  std::string all;
  for (int piece = 0; sockets.set().QueuedBytes(id) < 1000; piece++) {
    const std::string text(50'000, static_cast<char>('a' + piece % 26));
    CHECK(SendText(sockets, id, text) != SendResult::kGone);
    all += text;
  }
  return all;
}

}  // namespace

SOCKETS_TEST(SocketsBringSmallChunksInOneSlabAndLargeOnesInTheirOwn) {
  SocketsUnderTest sockets(batches);
  int clients[4];
  int32_t ids[4];
  for (int at = 0; at < 4; at++) ids[at] = sockets.Accept(&clients[at]);
  const std::string large(SocketSet::kSmallChunkBytes + 1, 'x');
  // From now on it is taken for one that sends large chunks.
  SendAll(clients[2], large);
  CHECK(sockets.Bytes(ids[2], large.size()) == large);
  CHECK(sockets.HarvestNow().empty());
  SendAll(clients[0], "one");
  SendAll(clients[1], "two");
  SendAll(clients[2], large);
  SendAll(clients[3], "three");
  const std::vector<Told> told = sockets.Harvest();
  CHECK(told.size() == 4 && sockets.slabs() == 3);
  CHECK(told[0].id == ids[0] && told[0].bytes == "one" && told[0].what == 0 && told[0].start == 0);
  CHECK(told[1].id == ids[1] && told[1].bytes == "two" && told[1].what == 0 && told[1].start == 3);
  CHECK(told[2].id == ids[2] && told[2].bytes == large && told[2].what == 1);
  CHECK(told[3].id == ids[3] && told[3].bytes == "three" && told[3].what == 2);
  CHECK(sockets.HarvestNow().empty());
}

SOCKETS_TEST(SocketsAreFairAndBounded) {
  SocketsUnderTest sockets(batches);
  constexpr int kCount = 40;
  std::vector<int> clients(kCount);
  std::set<int32_t> waiting;
  for (int& client : clients) waiting.insert(sockets.Accept(&client));
  const std::string much(3 * SocketSet::kChunkBytes, 'x');
  for (int client : clients) SendAll(client, much);
  std::map<int32_t, size_t> received;
  size_t harvests = 0;
  size_t most_ahead = 0;
  while (!waiting.empty()) {
    size_t bytes = 0;
    harvests++;
    for (const Told& told : sockets.Harvest()) {
      CHECK(told.what >= 0);
      bytes += told.bytes.size();
      received[told.id] += told.bytes.size();
      if (received[told.id] == much.size()) waiting.erase(told.id);
    }
    CHECK(bytes < SocketSet::kHarvestBytes + SocketSet::kChunkBytes);
    // As long as everybody has something, nobody is more than two chunks ahead of anybody.
    if (waiting.size() == kCount) {
      size_t least = received.size() == kCount ? SIZE_MAX : 0;
      size_t most = 0;
      for (const auto& each : received) {
        least = std::min(least, each.second);
        most = std::max(most, each.second);
      }
      most_ahead = std::max(most_ahead, most - least);
    }
  }
  CHECK(most_ahead <= 2 * SocketSet::kChunkBytes);
  CHECK(harvests >= kCount * much.size() / (SocketSet::kHarvestBytes + SocketSet::kChunkBytes));
}

SOCKETS_TEST(SocketsSendToASlowReader) {
  SocketsUnderTest sockets(batches);
  int client;
  const int32_t id = sockets.Accept(&client);
  CHECK(SendText(sockets, id, "hello") == SendResult::kSent);
  CHECK(ReceiveAll(client, 5) == "hello");
  std::string all = FillUp(sockets, id);
  const size_t queued = sockets.set().QueuedBytes(id);
  CHECK(SendText(sockets, id, "and the rest") == SendResult::kQueued);
  all += "and the rest";
  CHECK(sockets.set().QueuedBytes(id) == queued + 12);
  std::string received;
  while (received.size() < all.size()) {
    received += ReceiveAll(client, std::min<size_t>(all.size() - received.size(), 100'000));
    for (const Told& told : sockets.HarvestNow()) CHECK(told.id == id && told.what == kDrained);
  }
  CHECK(received == all);
  CHECK(sockets.set().QueuedBytes(id) == 0);
  CHECK(SendText(sockets, id, "more") == SendResult::kSent);
}

SOCKETS_TEST(SocketsTellOnceThatOutputIsDrained) {
  SocketsUnderTest sockets(batches);
  int client;
  const int32_t id = sockets.Accept(&client);
  const std::string all = FillUp(sockets, id);
  std::string received;
  int drained = 0;
  while (received.size() < all.size()) {
    received += ReceiveAll(client, std::min<size_t>(all.size() - received.size(), 100'000));
    for (const Told& told : sockets.HarvestNow()) drained += told.what == kDrained ? 1 : 0;
  }
  CHECK(drained == 1);
  CHECK(sockets.HarvestNow().empty());
}

SOCKETS_TEST(SocketsPause) {
  SocketsUnderTest sockets(batches);
  int client;
  const int32_t id = sockets.Accept(&client);
  sockets.set().Pause(id);
  SendAll(client, "waiting");
  for (int times = 0; times < 5; times++) CHECK(sockets.HarvestNow().empty());
  sockets.set().Resume(id);
  CHECK(sockets.Bytes(id, 7) == "waiting");
  // Stopped and gone on again before anything came.
  sockets.set().Pause(id);
  sockets.set().Resume(id);
  SendAll(client, "again");
  CHECK(sockets.Bytes(id, 5) == "again");
}

SOCKETS_TEST(SocketsEndBehindWhatIsQueued) {
  SocketsUnderTest sockets(batches);
  int client;
  const int32_t id = sockets.Accept(&client);
  const std::string all = FillUp(sockets, id);
  sockets.set().End(id);
  CHECK(SendText(sockets, id, "too late") == SendResult::kGone);
  SendAll(client, "nobody reads this");
  std::string received;
  while (received.size() < all.size()) {
    received += ReceiveAll(client, std::min<size_t>(all.size() - received.size(), 100'000));
    for (const Told& told : sockets.HarvestNow()) CHECK(told.what == kDrained);
  }
  CHECK(received == all);
  CHECK(ReceiveAll(client, 1).empty());
  SendAll(client, "nor this");
  for (int times = 0; times < 5; times++) CHECK(sockets.HarvestNow().empty());
  close(client);
  CHECK(sockets.Until(id, kGone).id == id);
  CHECK(sockets.set().QueuedBytes(id) == 0);
}

SOCKETS_TEST(SocketsEndAtOnceAndInEitherOrder) {
  for (const bool peer_first : {false, true}) {
    SocketsUnderTest sockets(batches);
    int client;
    const int32_t id = sockets.Accept(&client);
    if (peer_first) {
      SendAll(client, "last words");
      CHECK(shutdown(client, SHUT_WR) == 0);
      CHECK(sockets.Bytes(id, 10) == "last words");
      sockets.Until(id, kPeerEnded);
      // The end is told once, and does not keep epoll busy.
      for (int times = 0; times < 5; times++) CHECK(sockets.HarvestNow().empty());
      CHECK(SendText(sockets, id, "answer") == SendResult::kSent);
      sockets.set().End(id);
      CHECK(ReceiveAll(client, 100) == "answer");
    } else {
      sockets.set().End(id);
      CHECK(ReceiveAll(client, 1).empty());
      close(client);
    }
    sockets.Until(id, kGone);
    CHECK(sockets.HarvestNow().empty());
    sockets.set().Release(id);
  }
}

SOCKETS_TEST(SocketsEndWhilePaused) {
  SocketsUnderTest sockets(batches);
  int client;
  const int32_t id = sockets.Accept(&client);
  sockets.set().Pause(id);
  SendAll(client, "unread");
  CHECK(sockets.HarvestNow().empty());
  sockets.set().End(id);
  CHECK(ReceiveAll(client, 1).empty());
  close(client);
  sockets.Until(id, kGone);
}

SOCKETS_TEST(SocketsTellResets) {
  for (const int state : {0, 1, 2, 3}) {
    SocketsUnderTest sockets(batches);
    int client;
    const int32_t id = sockets.Accept(&client);
    if (state == 1) {
      sockets.set().Pause(id);
      SendAll(client, "unread");
      CHECK(sockets.HarvestNow().empty());
    }
    if (state == 2) FillUp(sockets, id);
    if (state == 3) {
      CHECK(shutdown(client, SHUT_WR) == 0);
      sockets.Until(id, kPeerEnded);
    }
    Reset(client);
    sockets.Until(id, kGone);
    CHECK(SendText(sockets, id, "anybody?") == SendResult::kGone);
    CHECK(sockets.HarvestNow().empty());
  }
}

SOCKETS_TEST(SocketsTellThatAConnectionIsGoneBySending) {
  SocketsUnderTest sockets(batches);
  int client;
  const int32_t id = sockets.Accept(&client);
  Reset(client);
  CHECK(SendText(sockets, id, "x") == SendResult::kGone);
  CHECK(sockets.HarvestNow().empty());
  sockets.set().Release(id);
}

SOCKETS_TEST(SocketsKeepIdsApart) {
  SocketsUnderTest sockets(batches);
  int first_client;
  const int32_t first = sockets.Accept(&first_client);
  sockets.set().Release(first);
  CHECK(ReceiveAll(first_client, 1).empty());
  int second_client;
  const int32_t second = sockets.Accept(&second_client);
  CHECK(second != first && (second & 0xfffff) == (first & 0xfffff));
  CHECK(SendText(sockets, first, "stale") == SendResult::kGone);
  sockets.set().Release(first);
  CHECK(SendText(sockets, second, "fresh") == SendResult::kSent);
  CHECK(ReceiveAll(second_client, 5) == "fresh");
  // A place's generations come around, and ids stay apart and positive.
  for (int times = 0; times < 5000; times++) {
    int client;
    const int32_t id = sockets.Accept(&client);
    CHECK(id >= 0 && id != second);
    sockets.set().Release(id);
    close(client);
  }
}

SOCKETS_TEST(SocketsSayAddresses) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    SocketSet probe;
    if (probe.Listen(host, 0, 1) == EADDRNOTAVAIL) continue;
    SocketsUnderTest sockets(batches, host);
    int client;
    const int32_t id = sockets.Accept(&client);
    std::string remote;
    std::string local;
    CHECK(sockets.set().Addresses(id, &remote, &local));
    const std::string before = host[0] == ':' ? "[::1]:" : "127.0.0.1:";
    CHECK(local == before + std::to_string(sockets.set().port()));
    SocketAddress own;
    CHECK(getsockname(client, own.get(), &own.length) == 0);
    CHECK(remote == own.Text() && remote.compare(0, before.size(), before) == 0);
  }
}

SOCKETS_TEST(SocketsSayWhyTheyDoNotListen) {
  SocketsUnderTest sockets(batches);
  SocketSet other;
  CHECK(other.Listen("127.0.0.1", sockets.set().port(), 1) == EADDRINUSE);
  SocketSet wrong;
  CHECK(wrong.Listen("localhost.", 0, 1) == EINVAL);
  SocketSet foreign;
  CHECK(foreign.Listen("192.0.2.1", 0, 1) == EADDRNOTAVAIL);
}

SOCKETS_TEST(SocketsStopListeningAndKeepConnections) {
  SocketsUnderTest sockets(batches);
  int client;
  const int32_t id = sockets.Accept(&client);
  sockets.set().StopListening();
  SendAll(client, "still here");
  CHECK(sockets.Bytes(id, 10) == "still here");
}

SOCKETS_TEST(SocketsOutOfDescriptorsWaitWithoutSpinning) {
  SocketsUnderTest sockets(batches);
  const int client = sockets.Connect();
  rlimit before = {};
  CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = dup(client);
  close(next);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next);
  CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
  std::vector<Told> told = sockets.Harvest();
  CHECK(told.size() == 1 && told[0].what == kAcceptingPaused);
  for (int times = 0; times < 5; times++) CHECK(sockets.HarvestNow().empty());
  CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
  sockets.set().ResumeAccepting();
  told = sockets.Harvest();
  CHECK(told.size() == 1 && told[0].what == kAccepted);
  CHECK(SendText(sockets, told[0].id, "welcome") == SendResult::kSent);
  CHECK(ReceiveAll(client, 7) == "welcome");
}

/** Echoes everything, while connections come, stop, fall behind and go, and checks each stream byte by byte. */
SOCKETS_TEST(SocketsEchoRandomTraffic) {
  std::mt19937_64 random(Seed("random traffic"));
  SocketsUnderTest sockets(batches);
  struct Peer {
    int client;
    std::string sent;
    size_t received = 0;
    bool paused = false;
  };
  std::map<int32_t, Peer> peers;
  const uint64_t rounds = Rounds(4000);
  for (uint64_t round = 0; round < rounds; round++) {
    const uint64_t action = random() % 100;
    if (peers.size() < 2 || (action < 3 && peers.size() < 30)) {
      const int client = sockets.Connect();
      for (bool accepted = false; !accepted;) {
        for (const Told& told : sockets.Harvest()) {
          if (told.what >= 0) CHECK(SendText(sockets, told.id, told.bytes) != SendResult::kGone);
          if (told.what != kAccepted) continue;
          accepted = true;
          peers[told.id].client = client;
        }
      }
      continue;
    }
    auto chosen = peers.begin();
    std::advance(chosen, static_cast<long>(random() % peers.size()));
    Peer& peer = chosen->second;
    if (action < 60) {
      // Not more than both kernels' buffers hold, since this thread is all there is.
      const std::string bytes = RandomBytes(&random, random() % 10 == 0 ? 100'000 : 200);
      const ssize_t count = send(peer.client, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) peer.sent.append(bytes, 0, static_cast<size_t>(count));
    } else if (action < 80) {
      std::string bytes(random() % 200'000 + 1, '\0');
      const ssize_t count = recv(peer.client, &bytes[0], bytes.size(), MSG_DONTWAIT);
      if (count > 0) {
        CHECK(peer.sent.compare(peer.received, static_cast<size_t>(count), bytes, 0, static_cast<size_t>(count)) == 0);
        peer.received += static_cast<size_t>(count);
      }
    } else if (action < 90) {
      peer.paused = !peer.paused;
      if (peer.paused) sockets.set().Pause(chosen->first);
      else sockets.set().Resume(chosen->first);
    } else if (action < 92) {
      Reset(peer.client);
      sockets.set().Release(chosen->first);
      peers.erase(chosen);
      continue;
    }
    for (const Told& told : sockets.HarvestNow()) {
      CHECK(peers.count(told.id) == 1);
      if (told.what < 0) CHECK(told.what == kDrained);
      else CHECK(SendText(sockets, told.id, told.bytes) != SendResult::kGone);
    }
  }
  for (auto& each : peers) {
    Peer& peer = each.second;
    sockets.set().Resume(each.first);
    while (peer.received < peer.sent.size()) {
      for (const Told& told : sockets.HarvestNow()) {
        if (told.what >= 0) CHECK(SendText(sockets, told.id, told.bytes) != SendResult::kGone);
      }
      std::string bytes(100'000, '\0');
      const ssize_t count = recv(peer.client, &bytes[0], bytes.size(), MSG_DONTWAIT);
      if (count <= 0) continue;
      CHECK(peer.sent.compare(peer.received, static_cast<size_t>(count), bytes, 0, static_cast<size_t>(count)) == 0);
      peer.received += static_cast<size_t>(count);
    }
  }
}

namespace {

/** Sends as one batch, as a turn's replies go. */
std::vector<SendResult> SendMany(SocketsUnderTest& sockets, const std::vector<std::pair<int32_t, std::string>>& texts) {
  std::vector<SocketSet::Outgoing> sends;
  for (const auto& each : texts) sends.push_back({each.first, each.second.data(), each.second.size()});
  std::vector<SendResult> results(sends.size());
  sockets.set().SendMany(sends.data(), sends.size(), results.data());
  return results;
}

}  // namespace

SOCKETS_TEST(SocketsSendManyAtOnce) {
  SocketsUnderTest sockets(batches);
  int clients[5];
  int32_t ids[5];
  for (int at = 0; at < 5; at++) ids[at] = sockets.Accept(&clients[at]);
  const std::string all = FillUp(sockets, ids[1]);
  sockets.set().End(ids[2]);
  Reset(clients[3]);
  const std::string much(20'000'000, 'm');
  // In order for each connection, however often it is there: behind what it has queued, or what it did not take just now.
  const std::vector<SendResult> results = SendMany(sockets, {{ids[0], "one "}, {ids[1], "queued"}, {ids[2], "late"},
                                                             {ids[3], "gone"}, {ids[0], "two "}, {ids[4], much},
                                                             {ids[4], "end"}, {ids[0], "three"}, {12345678, "nobody"}});
  CHECK(results[0] == SendResult::kSent && results[4] == SendResult::kSent && results[7] == SendResult::kSent);
  CHECK(results[1] == SendResult::kQueued && results[5] == SendResult::kQueued && results[6] == SendResult::kQueued);
  CHECK(results[2] == SendResult::kGone && results[3] == SendResult::kGone && results[8] == SendResult::kGone);
  CHECK(ReceiveAll(clients[0], 13) == "one two three");
  const std::pair<int, std::string> expected[] = {{1, all + "queued"}, {4, much + "end"}};
  for (const auto& each : expected) {
    std::string received;
    while (received.size() < each.second.size()) {
      received += ReceiveAll(clients[each.first], std::min<size_t>(each.second.size() - received.size(), 100'000));
      for (const Told& told : sockets.HarvestNow()) CHECK(told.what == kDrained);
    }
    CHECK(received == each.second);
  }
}

SOCKETS_TEST(SocketsReadChunksOfEverySizeInOrder) {
  std::mt19937_64 random(Seed("chunks of every size"));
  SocketsUnderTest sockets(batches);
  constexpr int kCount = 5;
  int clients[kCount];
  int32_t ids[kCount];
  std::map<int32_t, std::string> sent;
  std::map<int32_t, std::string> received;
  for (int at = 0; at < kCount; at++) ids[at] = sockets.Accept(&clients[at]);
  for (uint64_t round = Rounds(300); round > 0; round--) {
    for (int at = 0; at < kCount; at++) {
      // Small ones as a rule, some that fill the room of a small one exactly or nearly, some large.
      const uint64_t kind = random() % 8;
      const size_t size = kind < 5 ? random() % 100 : kind < 7 ? SocketSet::kSmallChunkBytes - 1 + random() % 3 : 50'000;
      const std::string bytes(size, static_cast<char>('a' + round % 26));
      SendAll(clients[at], bytes);
      sent[ids[at]] += bytes;
    }
    for (bool complete = false; !complete;) {
      complete = true;
      for (const Told& told : sockets.HarvestNow()) received[told.id] += told.bytes;
      for (const int32_t id : ids) complete = complete && received[id].size() == sent[id].size();
    }
  }
  CHECK(received == sent);
}

/** A ring is made by a kernel that has them; that it was used here is told, since a kernel need not. */
TEST(SocketsSayWhetherTheyAreServedTogether) {
  const SocketSet one_by_one(false);
  CHECK(!one_by_one.batches());
  const SocketSet together;
  if (!together.batches()) std::printf("(no io_uring here: sockets were tested one by one only) ");
}
