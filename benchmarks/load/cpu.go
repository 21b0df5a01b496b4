package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cpu returns the user and system seconds of a process and all its descendants.
func cpu(root int) float64 {
	parent, used := map[int]int{}, map[int]float64{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		after := string(text)[strings.LastIndexByte(string(text), ')')+2:]
		fields := strings.Fields(after)
		number, _ := strconv.Atoi(strings.Split(path, "/")[2])
		parent[number], _ = strconv.Atoi(fields[1])
		user, _ := strconv.ParseFloat(fields[11], 64)
		system, _ := strconv.ParseFloat(fields[12], 64)
		used[number] = (user + system) / 100
	}
	total := 0.0
	for number, seconds := range used {
		for each := number; each > 1; each = parent[each] {
			if each == root {
				total += seconds
				break
			}
		}
	}
	return total
}
