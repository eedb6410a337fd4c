/*
 * Who holds the newest refresh token of one account, at a provider that rotates strictly: a token that
 * comes back after it was used ends the sign-in. The store (disk, and the place aside for what the disk
 * refuses), two renewers of which one takes over from the other, a person who signs in again, and as moves
 * of the world: kills, a power cut, full disks, answers that are lost, pauses (a step that does not happen
 * for as long as others do). The rule: nothing rotated is lost, but where no program can save it, which is
 * `excused`: the answer was lost on its way, or whoever held the only copy was killed.
 *
 * Each mutant (-DGIVE_UP, ...) is a program that breaks one rule of ours, and has to be found out.
 * `spin -a`, compile with -DSAFETY, run; model.test.ts does it, and plays traces against the program.
 */

/* Tokens are numbers: those of the first sign-in from 1, of the second from 11. A newer one is greater. */
#ifndef MAX_REFRESHES
#define MAX_REFRESHES 3
#endif
#ifndef MAX_KILLS
#define MAX_KILLS 2
#endif
#ifndef MAX_FILLS
#define MAX_FILLS 2
#endif
#ifndef MAX_STOPS
#define MAX_STOPS 1
#endif
#define NOBODY 2

#define NEWER(a, b) ((a) > (b) -> (a) : (b))
#define FIRST(token) ((token) < 11)

/* The provider. */
byte live[2];
bool isRevoked[2];
/* A request of a renewer that is dead, still on its way. */
byte ghost;

/* The host. */
byte disk = 1, aside;
bool isDiskFull, isAsideFull;
byte lock = NOBODY;

/* What no program can save, by sign-in. */
bool excused[2];
bool hasSecond;
byte refreshes, kills, fills, stops;

/* A renewer: what it does is forgotten when it dies. */
typedef Renewer {
  bool isAlive, isHolder, isClosing;
  byte state;      /* of the refresh: 0 none, 1 read, 2 asked, 3 the provider has decided, 4 answered */
  byte presented, came;
  byte room;       /* 1 on the disk, 2 aside, 0 none */
  bool isCurrent;  /* no sign-in that began later was sealed */
  byte signIn;     /* 0 none, 2 asked, 3 the provider has decided, 4 answered */
  byte memory;     /* what the disk has not taken */
  bool wasRefused; /* nor the place aside */
}
Renewer renewers[2];

#define R renewers[i]
#ifdef FORGET_AT_THE_END
#define MAY_FORGET true
#else
#define MAY_FORGET (R.memory <= NEWER(disk, aside))
#endif
#define FAMILY(token) (FIRST(token) -> 0 : 1)

/* Seals a token in the best place there is; `keeps` says whether room was made for it before. */
inline seal(i, token, place) {
  if
  :: token <= disk ->
#ifdef LATE_WINS
    disk = token
#else
    skip
#endif
  :: else ->
    if
    :: place == 1 || !isDiskFull -> disk = token; R.memory = 0; R.wasRefused = false;
#ifndef ASIDE_STAYS
      aside = 0
#endif
    :: else ->
#ifdef NO_FALL_BACK
      skip
#else
      R.memory = token; R.wasRefused = false;
#ifndef MEMORY_ONLY
      if
      :: place == 2 || !isAsideFull -> aside = token
      :: else -> R.wasRefused = true
      fi
#endif
#endif
    fi
  fi
}

/* The provider sees a refresh token. */
inline present(token, result) {
  if
  :: live[FAMILY(token)] == token && !isRevoked[FAMILY(token)] ->
    live[FAMILY(token)] = token + 1; result = token + 1
  :: else -> isRevoked[FAMILY(token)] = true; result = 0
  fi
}

/* What of a renewer's is nowhere else when it dies. */
inline die(i) {
  if
  :: R.state == 2 -> ghost = R.presented
  :: (R.state == 3 || R.state == 4) && R.came != 0 -> excused[FAMILY(R.came)] = true
  :: else -> skip
  fi;
  if
  :: R.signIn == 3 || R.signIn == 4 -> excused[1] = true
  :: else -> skip
  fi;
  if
  :: R.memory > NEWER(disk, aside) && R.wasRefused -> excused[FAMILY(R.memory)] = true
  :: else -> skip
  fi;
  if
  :: lock == i -> lock = NOBODY
  :: else -> skip
  fi;
  R.isAlive = false; R.isHolder = false; R.isClosing = false; R.state = 0; R.presented = 0; R.came = 0;
  R.room = 0; R.isCurrent = false; R.signIn = 0; R.memory = 0; R.wasRefused = false
}

proctype Work(byte i) {
  byte token;
  do
  /* It takes the lock, which a dead holder has lost. */
#ifdef NO_LOCK
  :: atomic { R.isAlive && !R.isHolder && !R.isClosing -> R.isHolder = true }
#else
  :: atomic { R.isAlive && !R.isHolder && !R.isClosing && lock == NOBODY -> lock = i; R.isHolder = true }
#endif
  /* It reads the newest, takes what lies aside where that belongs, and makes room for what will come. */
  :: atomic {
      R.isHolder && !R.isClosing && R.state == 0 && R.signIn == 0 && refreshes < MAX_REFRESHES ->
#ifdef DISK_FIRST
      token = (disk != 0 -> disk : aside);
#else
#ifdef ASIDE_STAYS
      token = (aside != 0 -> aside : disk);
#else
      token = NEWER(NEWER(R.memory, aside), disk);
#endif
#endif
      if
      :: aside != 0 && !isDiskFull && aside > disk -> disk = aside; aside = 0
      :: else -> skip
      fi;
      if
      :: !isDiskFull -> R.room = 1
      :: isDiskFull && !isAsideFull -> R.room = 2
      :: isDiskFull && isAsideFull -> R.room = 0
      fi;
      R.presented = token; R.isCurrent = true; R.state = 1; refreshes++; token = 0;
      printf("MOVE refresh %d\n", i)
    }
  /* A token is there still: with a full disk it waits. */
  :: atomic { R.state == 1 && R.room != 1 -> R.state = 0; R.presented = 0; R.room = 0 }
  :: atomic { R.state == 1 -> R.state = 2 }
  :: atomic { R.state == 2 -> present(R.presented, R.came); R.state = 3 }
  :: atomic { R.state == 3 -> R.state = 4; printf("MOVE answer %d\n", i) }
  /* Who asked has an answer in time; the exchange goes on. The mutant forgets it. */
#ifdef GIVE_UP
  :: atomic { R.state == 2 || R.state == 3 -> R.state = 0; R.presented = 0; R.came = 0; R.room = 0 }
#endif
  /* The answer is lost on its way: nobody can know what it was. */
  :: atomic {
      R.state == 3 && R.came != 0 -> excused[FAMILY(R.came)] = true;
      R.state = 0; R.presented = 0; R.came = 0; R.room = 0;
      printf("MOVE lose %d\n", i)
    }
  /* Sealed first, judged afterwards. */
  :: atomic {
      R.state == 4 ->
      if
      :: R.came != 0 && R.isCurrent -> seal(i, R.came, R.room)
      :: else -> skip
      fi;
      R.state = 0; R.presented = 0; R.came = 0; R.room = 0
    }
#ifdef JUDGE_FIRST
  :: atomic { R.state == 4 -> R.state = 0; R.presented = 0; R.came = 0; R.room = 0 }
#endif
#ifndef NO_SIGN_IN
  /* A person signs in again; what is under way is waited for, for a while, and superseded then. */
  :: atomic {
      R.isHolder && !R.isClosing && !hasSecond && R.signIn == 0 -> hasSecond = true; R.signIn = 2
    }
  :: atomic { R.signIn == 2 -> live[1] = 11; R.signIn = 3 }
  :: atomic { R.signIn == 3 -> R.signIn = 4 }
  :: atomic {
      R.signIn == 4 -> seal(i, 11, 0);
#ifndef LATE_WINS
      R.isCurrent = false;
#endif
      R.signIn = 0
    }
#endif
  /* What the disk refused is tried again and again, there and aside. */
  :: atomic { R.memory > aside && R.memory > disk && R.wasRefused && !isAsideFull ->
      aside = R.memory; R.wasRefused = false
    }
  :: atomic {
      R.memory != 0 && !isDiskFull ->
      if
      :: R.memory > disk -> disk = R.memory
      :: else -> skip
      fi;
      R.memory = 0; R.wasRefused = false; aside = 0
    }
  /* It is told to end, and ends when nothing is open and all is where a successor finds it. */
  :: atomic {
      stops < MAX_STOPS && R.isAlive && !R.isClosing -> stops++; R.isClosing = true;
      printf("MOVE stop %d\n", i)
    }
  :: atomic {
      R.isClosing && R.state == 0 && R.signIn == 0 && MAY_FORGET -> R.memory = 0; R.wasRefused = false;
      if
      :: lock == i -> lock = NOBODY
      :: else -> skip
      fi;
      R.isAlive = false; R.isHolder = false; R.isClosing = false
    }
  od
}

active proctype World() {
  byte i, came;
  atomic {
    live[0] = 1;
    renewers[0].isAlive = true;
    run Work(0); run Work(1)
  }
  do
#ifdef TRACES
  /* In a run by chance the renewers have the time to do something in between. */
  :: true :: true :: true :: true :: true :: true :: true :: true :: true :: true :: true :: true
  :: true :: true :: true :: true :: true :: true :: true :: true :: true :: true :: true :: true
#endif
  /* The daemon has another renewer in its place. */
  :: atomic { !renewers[0].isAlive -> renewers[0].isAlive = true; printf("MOVE start 0\n") }
  :: atomic { !renewers[1].isAlive -> renewers[1].isAlive = true; printf("MOVE start 1\n") }
  :: atomic { kills < MAX_KILLS && renewers[0].isAlive -> kills++; i = 0; printf("MOVE kill %d\n", i); die(i) }
  :: atomic { kills < MAX_KILLS && renewers[1].isAlive -> kills++; i = 1; printf("MOVE kill %d\n", i); die(i) }
  /* The power is cut: what lies aside is gone, as is said of it. */
  :: atomic {
      kills < MAX_KILLS -> kills++;
      if
      :: aside > disk -> excused[FAMILY(aside)] = true
      :: else -> skip
      fi;
      aside = 0; i = 0; die(i); i = 1; die(i)
    }
  :: atomic { fills < MAX_FILLS && !isDiskFull -> fills++; isDiskFull = true; printf("MOVE fill\n") }
  :: atomic { isDiskFull -> isDiskFull = false; printf("MOVE empty\n") }
  :: atomic { fills < MAX_FILLS && !isAsideFull -> fills++; isAsideFull = true }
  :: atomic { isAsideFull -> isAsideFull = false }
  /* What a dead renewer has asked arrives after all, or never. */
  :: atomic {
      ghost != 0 -> excused[FAMILY(ghost)] = true; present(ghost, came); ghost = 0; came = 0
    }
  :: atomic { ghost != 0 -> ghost = 0 }
  od
}

#define HELD_BY(r, token) (r.memory == token || (r.state >= 3 && r.came == token && r.isCurrent))
#define HELD(token) (disk == token || aside == token || HELD_BY(renewers[0], token) || HELD_BY(renewers[1], token))
#define IS_SIGNING_IN (renewers[0].signIn >= 3 || renewers[1].signIn >= 3)

/* While a second sign-in is there, the first is nobody's business any more. */
active proctype NothingIsLost() {
  do
  :: atomic {
      live[1] == 0 && !excused[0] && (isRevoked[0] || !HELD(live[0])) && !excused[1] -> assert(false)
    }
  :: atomic {
      live[1] != 0 && !excused[1] && !IS_SIGNING_IN && (isRevoked[1] || !HELD(live[1])) -> assert(false)
    }
  od
}
