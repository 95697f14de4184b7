import Testing

/// Tests that start programs, one at a time: the ranks of two would share the cores.
///
/// Each file adds a suite to this one.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LaunchedTests {}
