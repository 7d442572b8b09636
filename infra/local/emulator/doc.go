// Package emulator owns the local AWS: it starts the pinned ministack as a child process and stops it.
//
// Rules:
//
//	where       127.0.0.1 only, one port; the MQTT port is kept shut
//	tools       its own virtual environment (requirements.txt, versions with hashes), see package pyenv
//	environment only what is named here, since every variable of ministack reaches the functions it runs
//	files       a folder of its own under .tools/run, removed at Stop; what a killed process left is removed by
//	            the next start (its lock is free)
//	end         SIGTERM, which saves the state, then after ten seconds SIGKILL; dies with its parent
//
// Credentials are the emulator's own: any access key "test" is the root of account 000000000000.
package emulator
