// A Go server that pushes itself: foo and bar burn CPU. Ends when its input does.
// Arguments: the server's URL and the service's name.
package main

import (
	"io"
	"log"
	"math/rand"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/grafana/pyroscope-go"
)

var (
	kept  [][]byte
	spent float64
)

//go:noinline
func burn(rounds int) {
	for i := 0; i < rounds; i++ {
		spent += float64(i) / 3
	}
}

//go:noinline
func foo() { burn(15e5 + rand.Intn(30e5)) }

//go:noinline
func bar() {
	kept = append(kept, make([]byte, 1_000_000))
	if len(kept) > 20 {
		kept = nil
	}
	burn(5e5 + rand.Intn(10e5))
}

// Something to find in the profiles of locks.
func contend() {
	var lock sync.Mutex
	for i := 0; i < 4; i++ {
		go func() {
			for {
				lock.Lock()
				time.Sleep(time.Millisecond)
				lock.Unlock()
			}
		}()
	}
}

func main() {
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	profiler, err := pyroscope.Start(pyroscope.Config{
		ApplicationName: os.Args[2],
		ServerAddress:   os.Args[1],
		Tags:            map[string]string{"region": "eu"},
		UploadRate:      2 * time.Second,
		ProfileTypes: []pyroscope.ProfileType{
			pyroscope.ProfileCPU, pyroscope.ProfileAllocObjects, pyroscope.ProfileAllocSpace,
			pyroscope.ProfileInuseObjects, pyroscope.ProfileInuseSpace, pyroscope.ProfileGoroutines,
			pyroscope.ProfileMutexCount, pyroscope.ProfileMutexDuration,
			pyroscope.ProfileBlockCount, pyroscope.ProfileBlockDuration,
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	contend()
	over := make(chan bool)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(over)
	}()
	for {
		select {
		case <-over:
			profiler.Flush(true)
			if err := profiler.Stop(); err != nil {
				log.Fatal(err)
			}
			return
		default:
			foo()
			bar()
		}
	}
}
