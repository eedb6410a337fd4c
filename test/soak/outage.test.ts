/**
 * An outage of 24 h on a clock that a test moves: the token is served to the end of its time; a new
 * one is there within 300 s of the outage's end without a request, within 1 s of a request. Takes seconds:
 * the gate runs in full with all other tests, and here.
 */
import '../daemon/tokens/token-keeper.test.ts'
